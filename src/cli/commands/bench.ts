import { Argument, type Command } from 'commander';
import type { BenchArguments } from '../bench/bench-arguments.js';
import type { Console } from '../process/console.js';

/** `rtap bench [MODE] …` */
export function declare(command: Command, console: Console): void {
  command
    .description(
      'Measures rtap and other ways to use io_uring on this machine. It uses network namespaces of its own and leaves the host alone.',
    )
    .addArgument(
      new Argument('[mode]', 'what to measure').choices(['tx', 'rx', 'fwd', 'latency', 'all']).default('all'),
    )
    .option('--size <list>', 'lengths of frames in bytes, 64 to 65535', '64,1500')
    .option('--queues <number>', 'number of queues of each device', '1')
    .option('--threads <number>', 'number of threads that share the queues', '1')
    .option('--napi', 'make the devices with --napi')
    .option('--duration <time>', 'length of each measurement: 1s, 250ms', '200ms')
    .option('--rounds <number>', 'measurements of each row; the report shows their median', '3')
    .option('--json', 'print one JSON object')
    .action(async (mode: string, given: BenchArguments) => {
      const { readBenchOptions } = await import('../bench/bench-arguments.js');
      const options = readBenchOptions(mode, given);
      const { runBench } = await import('../bench/bench-run.js');
      await runBench(options, console);
    });
}
