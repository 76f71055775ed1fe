import type { Command } from 'commander';
import { ArgumentTypeError } from '../../errors.js';
import { collect } from '../arguments/repeated-value.js';
import type { Console } from '../process/console.js';
import type { DumpArguments } from '../rx-dump/run/dump-arguments.js';
import { declareFrames, declarePrinting, declareWriting } from '../rx-dump/run/frame-options.js';

/** `rtap rx-dump NAME … [FILTER]`, `rtap rx-dump -r FILE … [FILTER]` */
export function declare(command: Command, console: Console): void {
  command
    .description(
      'Reads the frames that the kernel sends out of a device, and prints or saves them. With -r it reads a saved capture instead.',
    )
    .argument('[device]', 'name of the device; with -r there is none, and all words are the filter')
    .argument('[filter...]', 'filter: a pcap-filter(7) expression, as for tcpdump')
    .action(async (device: string | undefined, filter: readonly string[], given: DumpArguments) => {
      const words = device === undefined || given.read === undefined ? filter : [device, ...filter];
      const { readDumpOptions } = await import('../rx-dump/run/dump-arguments.js');
      const options = readDumpOptions(given, words);
      if (options.read !== undefined) {
        const { runFileDump } = await import('../rx-dump/run/file-dump.js');
        return runFileDump(options.read, options, console);
      }
      if (device === undefined)
        throw new ArgumentTypeError('cannot read frames: give the name of a device, or -r and a file');
      const { runDump } = await import('../rx-dump/run/dump-run.js');
      await runDump(device, options, console);
    });
  declareSource(command);
  declareFrames(command);
  declarePrinting(command);
  declareWriting(command);
}

function declareSource(command: Command): void {
  command
    .optionsGroup('Which frames:')
    .option(
      '-r, --read <file>',
      'read a capture, pcap or pcapng, instead of a device; - is standard input; you can repeat the option',
      collect,
    )
    .option('-q, --queue <queues>', 'queues to read: 2, 0,2, 1-3 or all; rtap empties the others', 'all')
    .option('--queues <number>', 'number of queues to attach to a device that rtap did not make')
    .option('--share', 'attach beside other processes and compete with them for frames')
    .option('--backlog', "keep the frames that already wait in a holder's queues")
    .option('--busy-poll', 'poll the queues without a pause: lower latency, but one busy processor core')
    .option('--segment-bytes <bytes>', 'receive into chains of buffers of this size')
    .option('-p, --no-promiscuous-mode', 'no effect: rtap reads every frame in any mode')
    .option('--immediate-mode', 'no effect: rtap always reads frames at once');
}
