import type { Command } from 'commander';
import { collect } from '../arguments/repeated-value.js';
import { refuseExcess } from '../errors/usage-error.js';
import type { Console } from '../process/console.js';
import type { InjectArguments } from '../tx-inject/inject-arguments.js';
import { declareTemplateOptions } from '../tx-inject/templates/template-declaration.js';

/** `rtap tx-inject NAME …` */
export function declare(command: Command, console: Console): void {
  command
    .description('Writes frames into queues of a device. The kernel receives them from the device.')
    .argument('<device>', 'name of the device')
    .allowExcessArguments()
    .option(
      '-q, --queue <queues|recorded>',
      'queues to write to: 2, 0,2, 1-3 or all, by flow; recorded takes the queue of the capture',
      '0',
    )
    .option('--threads <number>', 'number of threads that send; each has queues of its own', '1')
    .option('--queues <number>', 'number of queues of a device that rtap did not make')
    .optionsGroup('What to send:')
    .option(
      '-r, --read <file>',
      'send the frames of a capture; - is standard input; you can repeat the option',
      collect,
    )
    .option('--hex <bytes>', 'send this frame; you can repeat the option', collect);
  declareTemplateOptions(command.optionsGroup('Templates:'));
  declarePaceOptions(command);
  declareOffloadOptions(command);
  command
    .optionsGroup('Other:')
    .option(
      '--no-convert',
      'refuse packets of a capture that are not Ethernet, instead of giving them a header',
    )
    .option('--oversize', 'also send frames that are longer than the MTU allows')
    .option('--progress', 'print progress and rate on standard error')
    .option('--json', 'print the ledger as JSON on standard output')
    .action(async (device: string, given: InjectArguments) => {
      refuseExcess(command, 'give each capture with -r of its own, or a frame with --hex');
      const { readInjectOptions } = await import('../tx-inject/inject-arguments.js');
      const options = readInjectOptions(given);
      const { runInjection } = await import('../tx-inject/inject-run.js');
      await runInjection(device, options, console);
    });
}

function declarePaceOptions(command: Command): void {
  command
    .optionsGroup('How fast, and how much (the letters are those of tcpreplay):')
    .option('-x, --multiplier <factor>', 'send this many times as fast as recorded')
    .option('-p, --pps <packets>', 'send this many packets per second')
    .option('--rate <rate>', 'send at this rate: 10kpps, 10k (the same), 1Gbit')
    .option('-M, --mbps <megabits>', 'send this many megabits per second')
    .option('-t, --topspeed', 'send as fast as possible')
    .option(
      '-l, --loop <loops>',
      'send the whole input this many times; 0 repeats until a signal (default: 1)',
    )
    .option('--count <loops>', 'the same as --loop')
    .option('-L, --limit <packets>', 'end after this number of packets')
    .option('--duration <time>', 'send for this long: 10s, 1m')
    .option('--loop-delay <time>', 'pause this long between two loops')
    .option('--max-gap <time>', 'cut longer pauses of the recorded timing to this: 500ms, 2s')
    .option('-K, --preload-pcap', 'read all captures into memory first');
}

function declareOffloadOptions(command: Command): void {
  command
    .optionsGroup('Offloads:')
    .option('--csum', 'let the kernel complete TCP and UDP checksums')
    .option('--tso <bytes>', 'let the kernel segment TCP frames, with this many payload bytes each (MSS)')
    .option('--uso <bytes>', 'let the kernel segment UDP frames, with this many payload bytes each')
    .option('--segments <number>', 'send each frame from this number of memory segments')
    .option('--no-offload', 'ignore the virtio-net headers in the capture, and send the frames as they are');
}
