import type { Command } from 'commander';
import { refuseExcess } from '../errors/usage-error.js';
import type { Console } from '../process/console.js';
import type { InjectArguments } from '../tx-inject/inject-arguments.js';
import { declareTemplateOptions } from '../tx-inject/templates/template-declaration.js';

/** `rtap tx-inject NAME …` */
export function declare(command: Command, console: Console): void {
  command
    .description('Writes frames into a queue: the kernel receives them from the device.')
    .argument('<device>', 'name of the device')
    .allowExcessArguments()
    .option('-q, --queue <number>', 'queue to write to', '0')
    .option('--queues <number>', 'queues of a device that rtap did not make')
    .optionsGroup('What to send:')
    .option('-r, --read <file>', 'send the frames of a capture; - for standard input')
    .option('--hex <bytes>', 'send this frame; may be repeated', collect);
  declareTemplateOptions(command.optionsGroup('Templates:'));
  declarePaceOptions(command);
  declareOffloadOptions(command);
  command
    .optionsGroup('Other:')
    .option(
      '--no-convert',
      'refuse packets of a capture that are not Ethernet, instead of giving them a header',
    )
    .option('--oversize', 'send frames that are longer than the MTU allows, too')
    .option('--progress', 'show how far it is and how fast, on standard error')
    .option('--json', 'print the ledger as JSON on standard output')
    .action(async (device: string, given: InjectArguments) => {
      refuseExcess(command, 'a capture is given with -r, a frame with --hex');
      const { readInjectOptions } = await import('../tx-inject/inject-arguments.js');
      const options = readInjectOptions(given);
      const { runInjection } = await import('../tx-inject/inject-run.js');
      await runInjection(device, options, console);
    });
}

function declarePaceOptions(command: Command): void {
  command
    .optionsGroup('How fast, and how much (the letters are those of tcpreplay):')
    .option('-x, --multiplier <factor>', 'send so many times as fast as recorded')
    .option('-p, --pps <packets>', 'send so many packets per second')
    .option('--rate <rate>', 'send at this rate: 10kpps, 10k (the same), 1Gbit')
    .option('-M, --mbps <megabits>', 'send so many megabits per second')
    .option('-t, --topspeed', 'send as fast as possible, whatever timing was recorded')
    .option('-l, --loop <loops>', 'send the whole input so often; 0: until a signal comes (default: 1)')
    .option('--count <loops>', 'the same as --loop')
    .option('-L, --limit <packets>', 'send no more packets than this')
    .option('--duration <time>', 'send for this long: 10s, 1m')
    .option('-K, --preload-pcap', 'read the whole capture into memory first');
}

function declareOffloadOptions(command: Command): void {
  command
    .optionsGroup('Offloads:')
    .option('--csum', 'let the kernel finish TCP and UDP checksums')
    .option('--tso <bytes>', 'let the kernel cut TCP frames into pieces of this payload (MSS)')
    .option('--uso <bytes>', 'let the kernel cut UDP frames into datagrams of this payload')
    .option('--segments <number>', 'send each frame from so many pieces of memory')
    .option(
      '--no-offload',
      'send frames as they stand in the capture, without the offload facts it has of them',
    );
}

function collect(value: string, previous: readonly string[] = []): string[] {
  return [...previous, value];
}
