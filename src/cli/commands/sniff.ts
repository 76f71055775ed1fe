import { type Command, Option } from 'commander';
import type { Console } from '../process/console.js';
import { declareFrames, declarePrinting, declareWriting } from '../rx-dump/run/frame-options.js';
import type { SniffArguments } from '../sniff/sniff-arguments.js';

/** `rtap sniff NAME … [FILTER]` */
export function declare(command: Command, console: Console): void {
  command
    .description(
      'Watches the frames that pass a device, in both directions, and takes none: it works on every Ethernet device, also if another program holds it.',
    )
    .argument('<device>', 'name of the device')
    .argument('[filter...]', 'filter: a pcap-filter(7) expression, as for tcpdump')
    .action(async (device: string, filter: readonly string[], given: SniffArguments) => {
      const { readSniffOptions } = await import('../sniff/sniff-arguments.js');
      const options = readSniffOptions(given, filter);
      const { runSniff } = await import('../sniff/sniff-run.js');
      await runSniff(device, options, console);
    });
  declareSource(command);
  declareFrames(command);
  declarePrinting(command);
  declareWriting(command);
}

function declareSource(command: Command): void {
  const direction = new Option('-Q, --direction <direction>', 'direction of the frames').default('inout');
  direction.argChoices = ['in', 'out', 'inout'];
  command
    .optionsGroup('Which frames:')
    .option('-q, --queue <queues>', 'queues of a TAP to watch: 2, 0,2, 1-3 or all', 'all')
    .addOption(direction)
    .option('-B, --buffer-size <KiB>', 'memory for frames, all queues together (default: 16384)')
    .option('--immediate-mode', 'hand each frame over at once, in the order in which it comes')
    .option('-p, --no-promiscuous-mode', 'do not switch a device that is no TAP to promiscuous mode');
}
