import type { Command } from 'commander';
import type { ForwardArguments } from '../fwd/forward-arguments.js';
import type { Console } from '../process/console.js';

/** `rtap fwd NAME PEER …` */
export function declare(command: Command, console: Console): void {
  command
    .description(
      'Forwards frames between two devices in both directions. Frames that the kernel sends out of one device go into the other one. Unfinished checksums and segmentation stay as they are.',
    )
    .argument('<device>', 'name of one device')
    .argument('<peer>', 'name of the other device')
    .option(
      '--peer-netns <namespace>',
      'network namespace of the other device: a name, a process id, or a path',
    )
    .option('-q, --queue <queues>', 'queues of held devices: 2, 0,2, 1-3 or all', 'all')
    .option('--queues <number>', 'number of queues to attach to a device that rtap did not make')
    .option('--threads <number>', 'number of threads that share the queues (default: 1)')
    .option('-c, --limit <number>', 'end after this number of frames, both directions together')
    .option('--duration <time>', 'end after this time: 10s, 250ms')
    .option('--stats <seconds>', 'print rates at this interval')
    .option('--share', 'attach beside other processes and compete with them for frames')
    .option('--backlog', "also forward frames that already wait in a holder's queues")
    .option(
      '--busy-poll',
      'poll the queues without a pause: lower latency, but one busy processor core per thread',
    )
    .option('--json', 'print JSON')
    .action(async (device: string, peer: string, given: ForwardArguments) => {
      const { readForwardOptions } = await import('../fwd/forward-arguments.js');
      const options = readForwardOptions(given);
      const { runForwarding } = await import('../fwd/forward-run.js');
      await runForwarding([device, peer], options, console);
    });
}
