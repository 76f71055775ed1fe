import type { Command } from 'commander';
import type { ForwardArguments } from '../fwd/forward-arguments.js';
import type { Console } from '../process/console.js';

/** `rtap fwd NAME PEER …` */
export function declare(command: Command, console: Console): void {
  command
    .description(
      'Carries frames between two devices, both ways: what the kernel sends out of one goes into the other, with what is unfinished in it.',
    )
    .argument('<device>', 'name of a device')
    .argument('<peer>', 'name of the other')
    .option('--peer-netns <namespace>', 'the network namespace of the other, as --netns names one')
    .option('-q, --queue <queues>', 'queues of held devices: 2, 0,2, 1-3 or all', 'all')
    .option('--queues <number>', 'queues to attach to a device that rtap did not make')
    .option('--threads <number>', 'threads to share the queues (default: 1)')
    .option('-c, --limit <number>', 'end after so many frames, both ways together')
    .option('--duration <time>', 'end after this time: 10s, 250ms')
    .option('--stats <seconds>', 'print rates at this interval')
    .option('--share', 'attach beside other processes, and compete with them for frames')
    .option('--backlog', "forward what waited in a holder's queues before, too")
    .option('--busy-poll', 'ask the queues without a pause: a processor core for a lower latency')
    .option('--json', 'print as JSON')
    .action(async (device: string, peer: string, given: ForwardArguments) => {
      const { readForwardOptions } = await import('../fwd/forward-arguments.js');
      const options = readForwardOptions(given);
      const { runForwarding } = await import('../fwd/forward-run.js');
      await runForwarding([device, peer], options, console);
    });
}
