import { type Command, Option } from 'commander';
import type { Console } from '../console.js';

interface StatsOptions {
  readonly perQueue?: boolean;
  readonly extended?: boolean;
  readonly watch?: string | true;
  readonly openmetrics?: boolean;
  readonly reset?: boolean;
  readonly json?: boolean;
}

/** `rtap stats NAME [--per-queue|--extended|--watch|--openmetrics|--reset]` */
export function declare(command: Command, console: Console): void {
  command
    .description("Prints rtap's own counters beside the kernel's. Reading them needs no privilege.")
    .argument('<device>', 'name of the device')
    .option('--per-queue', 'a row for each queue')
    .addOption(
      new Option('--extended', "every counter of every queue, by DPDK's names").conflicts('perQueue'),
    )
    .addOption(
      new Option(
        '--watch [seconds]',
        'rates of each queue, live: every second, or as often as told',
      ).conflicts(['perQueue', 'extended']),
    )
    .addOption(
      new Option('--openmetrics', 'print as OpenMetrics text').conflicts([
        'perQueue',
        'extended',
        'watch',
        'json',
      ]),
    )
    .addOption(
      new Option('--reset', "count from 0 again; the kernel's own counters stay as they are").conflicts([
        'perQueue',
        'extended',
        'watch',
        'openmetrics',
        'json',
      ]),
    )
    .option('--json', 'print as JSON: one object, with --watch one an interval')
    .action(async (device: string, options: StatsOptions) => {
      if (options.watch !== undefined) {
        const { runWatch } = await import('../stats/watch-run.js');
        await runWatch(device, { interval: options.watch, json: options.json }, console);
        return;
      }
      await printStatistics(device, options, console);
    });
}

async function printStatistics(device: string, options: StatsOptions, console: Console): Promise<void> {
  const { readStatistics, resetStatistics } = await import('../../tap/device-statistics.js');
  if (options.reset === true) {
    resetStatistics(device);
    return;
  }
  const statistics = readStatistics(device);
  if (options.openmetrics === true) {
    const { openMetrics } = await import('../metrics/open-metrics.js');
    console.print(openMetrics([statistics]).trimEnd());
  } else if (options.extended === true) {
    const { describeExtended, extendedJson } = await import('../stats/extended-report.js');
    if (options.json === true) console.printJson(extendedJson(statistics));
    else console.print(describeExtended(statistics, console.style));
  } else {
    const { describeStatistics, statisticsJson } = await import('../statistics-report.js');
    if (options.json === true) console.printJson(statisticsJson(statistics));
    else console.print(describeStatistics(statistics, console.style, options));
  }
}
