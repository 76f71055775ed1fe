import { Argument, type Command } from 'commander';
import type { BenchArguments } from '../bench/bench-arguments.js';
import type { Console } from '../process/console.js';

/** `rtap bench [MODE] …` */
export function declare(command: Command, console: Console): void {
  command
    .description(
      'Measures rtap and other ways to use io_uring on this machine, in network namespaces of its own; nothing on this host is touched.',
    )
    .addArgument(
      new Argument('[mode]', 'what to measure').choices(['tx', 'rx', 'fwd', 'latency', 'all']).default('all'),
    )
    .option('--size <list>', 'lengths of frames, 64 to 65,535 bytes', '64,1500')
    .option('--queues <number>', 'queues of each device', '1')
    .option('--threads <number>', 'threads to share the queues', '1')
    .option('--napi', 'devices as create --napi makes them')
    .option('--duration <time>', 'time of each measurement: 1s, 250ms', '200ms')
    .option('--rounds <number>', 'measurements of each row, in turns: the median counts', '3')
    .option('--json', 'print as JSON')
    .action(async (mode: string, given: BenchArguments) => {
      const { readBenchOptions } = await import('../bench/bench-arguments.js');
      const options = readBenchOptions(mode, given);
      const { runBench } = await import('../bench/bench-run.js');
      await runBench(options, console);
    });
}
