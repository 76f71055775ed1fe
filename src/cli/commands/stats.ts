import { type Command, Option } from 'commander';
import { ArgumentTypeError } from '../../errors.js';
import type { DeviceStatistics } from '../../tap/counters/device-statistics.js';
import type { Console } from '../process/console.js';

interface StatsReport {
  readonly describe: (statistics: DeviceStatistics) => string;
  readonly json: (statistics: DeviceStatistics) => object;
}

interface StatsOptions {
  readonly perQueue?: boolean;
  readonly extended?: boolean;
  readonly watch?: string | true;
  readonly openmetrics?: boolean;
  readonly reset?: boolean;
  readonly json?: boolean;
}

/** `rtap stats [NAME…] [--per-queue|--extended|--watch|--openmetrics|--reset]` */
export function declare(command: Command, console: Console): void {
  command
    .description("Prints rtap's own counters beside the kernel's. Reading them needs no privilege.")
    .argument('[device...]', 'names of the devices; all TAPs there are where none is named')
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
    .option(
      '--json',
      'print as JSON: one object, an array of several devices; with --watch an object an interval',
    )
    .action(async (devices: readonly string[], options: StatsOptions) => {
      if (options.watch !== undefined) {
        const { runWatch } = await import('../stats/watch-run.js');
        await runWatch(onlyOne(devices), { interval: options.watch, json: options.json }, console);
      } else if (options.reset === true) await resetEach(devices);
      else await printStatistics(devices, options, console);
    });
}

function onlyOne(devices: readonly string[]): string {
  const [device, second] = devices;
  if (device === undefined || second !== undefined)
    throw new ArgumentTypeError(
      `cannot watch ${devices.length} devices: the name of one is wanted with --watch`,
    );
  return device;
}

/** Not of every device there is: what is counted is gone then. All of them are looked for before one is reset. */
async function resetEach(devices: readonly string[]): Promise<void> {
  if (devices.length === 0)
    throw new ArgumentTypeError('cannot reset: the name of a device is wanted with --reset');
  const { resetStatistics } = await import('../../tap/counters/device-statistics.js');
  const { findTap } = await import('../../tap/link/tap-link.js');
  for (const device of devices) findTap(device, 'reset');
  for (const device of devices) resetStatistics(device);
}

async function printStatistics(
  devices: readonly string[],
  options: StatsOptions,
  console: Console,
): Promise<void> {
  const { readAllStatistics, readStatisticsOf } = await import('../../tap/counters/device-statistics.js');
  const all = devices.length === 0 ? readAllStatistics() : readStatisticsOf(devices);
  if (options.openmetrics === true) {
    const { openMetrics } = await import('../metrics/metric-families.js');
    console.print(openMetrics(all).trimEnd());
    return;
  }
  const { describe, json } = await reportOf(options, console);
  const [first, second] = all;
  // A script that names one device wants one object.
  if (options.json === true)
    console.printJson(devices.length === 1 && second === undefined ? json(first!) : all.map(json));
  else if (first !== undefined) console.print(all.map(describe).join('\n\n'));
}

/** How the counters of one device are told. */
async function reportOf(options: StatsOptions, { style }: Console): Promise<StatsReport> {
  if (options.extended === true) {
    const { describeExtended, extendedJson } = await import('../stats/extended-report.js');
    return { describe: (statistics) => describeExtended(statistics, style), json: extendedJson };
  }
  const { describeStatistics, statisticsJson } = await import('../stats/statistics-report.js');
  return {
    describe: (statistics) => describeStatistics(statistics, style, options),
    json: statisticsJson,
  };
}
