import type { Command } from 'commander';
import type { Console } from '../console.js';

interface StatsOptions {
  readonly perQueue?: boolean;
  readonly reset?: boolean;
  readonly json?: boolean;
}

/** `rtap stats NAME [--per-queue] [--reset]` */
export function declare(command: Command, console: Console): void {
  command
    .description("Prints rtap's own counters beside the kernel's. Reading them needs no privilege.")
    .argument('<device>', 'name of the device')
    .option('--per-queue', 'a row for each queue')
    .option('--reset', "count from 0 again; the kernel's own counters stay as they are")
    .option('--json', 'print as JSON: one object')
    .action(async (device: string, options: StatsOptions) => {
      const { readStatistics, resetStatistics } = await import('../../tap/device-statistics.js');
      if (options.reset === true) {
        resetStatistics(device);
        return;
      }
      const statistics = readStatistics(device);
      const { describeStatistics, statisticsJson } = await import('../statistics-report.js');
      if (options.json === true) console.printJson(statisticsJson(statistics));
      else console.print(describeStatistics(statistics, console.style, options));
    });
}
