import type { Command } from 'commander';
import type { Console } from '../console.js';
import { type DumpArguments, readDumpOptions } from '../rx-dump/dump-arguments.js';

/** `rtap rx-dump NAME …` */
export function declare(command: Command, console: Console): void {
  command
    .description('Reads frames from the queues: what the kernel sends out of the device.')
    .argument('<device>', 'name of the device')
    .option('-q, --queue <queues>', 'queues to read: 2, 0,2, 1-3 or all; the others are drained', 'all')
    .option('-c, --count <number>', 'end after so many frames, and take no more from the kernel')
    .option('--duration <time>', 'end after this time: 10s, 250ms')
    .option('-w, --write <file>', 'write a pcap file; - for standard output')
    .option('-x, --hex', 'print the bytes of each frame in hex')
    .option('-e, --link', 'print the Ethernet header')
    .option('--json', 'print one JSON object a line')
    .option('--queues <number>', 'queues to attach to a device that rtap did not make')
    .option('--share', 'attach beside other processes, and compete with them for frames')
    .action(async (device: string, given: DumpArguments) => {
      const options = readDumpOptions(given);
      const { runDump } = await import('../rx-dump/dump-run.js');
      await runDump(device, options, console);
    });
}
