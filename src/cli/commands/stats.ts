import { type Command, Option } from 'commander';
import { ArgumentTypeError } from '../../errors.js';
import type { DeviceStatistics } from '../../tap/counters/device-statistics.js';
import { printableName } from '../output/escapes.js';
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
    .description("Prints rtap's own counters beside the kernel's. It needs no root, except for --reset.")
    .argument('[device...]', 'names of the devices (default: all TAP devices)')
    .option('--per-queue', 'add a row for each queue; with --watch also if another program has the queues')
    .addOption(
      new Option('--extended', "print every counter of every queue, with DPDK's names").conflicts('perQueue'),
    )
    .addOption(
      new Option(
        '--watch [seconds]',
        'print the rates of each queue at this interval (default: 1 second)',
      ).conflicts('extended'),
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
      new Option(
        '--reset',
        "set rtap's counters to 0; the kernel's own counters keep their values",
      ).conflicts(['perQueue', 'extended', 'watch', 'openmetrics', 'json']),
    )
    .option(
      '--json',
      'print JSON: one object, or an array for several devices; with --watch one object per interval',
    )
    .action(async (devices: readonly string[], options: StatsOptions) => {
      if (options.watch !== undefined) {
        const { runWatch } = await import('../stats/watch-run.js');
        const device = onlyOne(devices);
        await noteFilterOf(device, console);
        const { watch: interval, perQueue, json } = options;
        await runWatch(device, { interval, perQueue, json }, console);
      } else if (options.reset === true) await resetEach(devices);
      else await printStatistics(devices, options, console);
    });
}

function onlyOne(devices: readonly string[]): string {
  const [device, second] = devices;
  if (device === undefined || second !== undefined)
    throw new ArgumentTypeError(
      `cannot watch ${devices.length} devices: give the name of one device with --watch`,
    );
  return device;
}

/** What an address filter drops counts as missed. */
async function noteFilterOf(device: string, console: Console): Promise<void> {
  const { describeFilter } = await import('../device/missed-packets.js');
  const { readAddressFilter } = await import('../../tap/device/address-filter.js');
  if (readAddressFilter(device) !== undefined)
    console.note(`stats: ${describeFilter(printableName(device))}`);
}

/** Requires names, since a reset cannot be undone. Finds all devices before it resets the first. */
async function resetEach(devices: readonly string[]): Promise<void> {
  if (devices.length === 0)
    throw new ArgumentTypeError('cannot reset: give the name of a device with --reset');
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
  if (options.openmetrics === true) {
    const { readDeviceMetrics } = await import('../metrics/device-metrics.js');
    const { metricsText } = await import('../metrics/metric-families.js');
    console.print(metricsText(await readDeviceMetrics(devices), 'openmetrics').trimEnd());
    return;
  }
  const { readAllStatistics, readStatisticsOf } = await import('../../tap/counters/device-statistics.js');
  const all = devices.length === 0 ? readAllStatistics() : readStatisticsOf(devices);
  const { describe, json } = await reportOf(all, options, console);
  const [first, second] = all;
  // A script that names one device wants one object.
  if (options.json === true)
    console.printJson(devices.length === 1 && second === undefined ? json(first!) : all.map(json));
  else if (first !== undefined) console.print(all.map(describe).join('\n\n'));
  if (options.perQueue !== true) return;
  const { noteUncounted } = await import('../stats/uncounted-queues.js');
  await noteUncounted(all, console);
}

/** Returns how to print the counters of one of `devices`. */
async function reportOf(
  devices: readonly DeviceStatistics[],
  options: StatsOptions,
  { style }: Console,
): Promise<StatsReport> {
  const report = await import('../stats/statistics-report.js');
  const { findUnreadQueues } = await import('../../tap/lease/unread-queues.js');
  const { readAddressFilter } = await import('../../tap/device/address-filter.js');
  const questioned = devices.filter(({ missed }) => options.json === true || missed > 0);
  const unread = await findUnreadQueues(questioned.map(({ ifindex }) => ifindex));
  if (options.extended === true)
    return {
      describe: (statistics) => report.describeExtended(statistics, style),
      json: (statistics) => report.extendedJson(statistics, unread.get(statistics.ifindex)),
    };
  return {
    describe: (statistics) =>
      report.describeStatistics(statistics, style, {
        ...options,
        unread: unread.get(statistics.ifindex),
        filtered: readAddressFilter({ index: statistics.ifindex }) !== undefined,
      }),
    json: (statistics) => report.statisticsJson(statistics, unread.get(statistics.ifindex)),
  };
}
