import type { DeviceStatistics } from '../../tap/counters/device-statistics.js';
import { extendedStatistics } from '../../tap/counters/extended-statistics.js';
import type { QueueCounts } from '../../tap/counters/queue-counts.js';
import { formatDateTime } from '../output/date-time.js';
import { printableName } from '../output/escapes.js';
import type { Style } from '../output/style.js';
import { formatTable } from '../output/table.js';

/** `rtap stats --json`: rtap's counters under `rx` and `tx`, the kernel's under `stats64`. */
export function statisticsJson(statistics: DeviceStatistics) {
  const { total, missed, kernel } = statistics;
  return {
    ifname: statistics.name,
    ifindex: statistics.ifindex,
    ...(statistics.since === undefined ? {} : { since: statistics.since }),
    rx: { ...received(total), missed },
    tx: sent(total),
    queues: statistics.queues.map((counts, queue) => ({ queue, rx: received(counts), tx: sent(counts) })),
    stats64: kernel,
  };
}

function received(counts: QueueCounts) {
  const { rxPackets: packets, rxBytes: bytes, rxErrors: errors, rxDiscarded: discarded } = counts;
  return { packets, bytes, errors, discarded };
}

function sent(counts: QueueCounts) {
  return { packets: counts.txPackets, bytes: counts.txBytes, errors: counts.txErrors };
}

const HEAD = ['', 'PACKETS', 'BYTES', 'ERRORS', 'MISSED', 'DROPPED'];
const QUEUE_HEAD = ['QUEUE', 'RX PACKETS', 'RX BYTES', 'RX ERRORS', 'TX PACKETS', 'TX BYTES', 'TX ERRORS'];

/** What `rtap stats` prints beside the sums. */
export interface StatisticsReportOptions {
  /** Adds a row for each queue. @default false */
  readonly perQueue?: boolean;
}

/**
 * `rtap stats`: rtap's counters above the kernel's, with lost packets in columns of their own, then a row per queue.
 */
export function describeStatistics(
  statistics: DeviceStatistics,
  style: Style,
  { perQueue = false }: StatisticsReportOptions = {},
): string {
  const { name, total, missed, kernel } = statistics;
  const missedCell = missed > 0 ? style.red(String(missed)) : '0';
  const rows = [
    HEAD.map((word) => style.bold(word)),
    ['rtap rx (received by rtap)', ...cells(received(total)), missedCell, ''],
    ['rtap tx (sent by rtap)', ...cells(sent(total)), '', ''],
    ['kernel tx (= rtap rx)', ...cells(kernel.tx), '', String(kernel.tx.dropped)],
    ['kernel rx (= rtap tx)', ...cells(kernel.rx), '', String(kernel.rx.dropped)],
  ];
  const since = describeSince(statistics);
  const summary = `${style.bold(printableName(name))}${since}\n${formatTable(rows, { numbersFrom: 1 })}`;
  return perQueue ? `${summary}\n${describeQueues(statistics, style)}` : summary;
}

/** Directions are rtap's here. Only the kernel's rows have the kernel's. */
function describeQueues({ queues }: DeviceStatistics, style: Style): string {
  const head = QUEUE_HEAD.map((word) => style.bold(word));
  const rows = queues.map((counts, queue) => [
    String(queue),
    ...cells(received(counts)),
    ...cells(sent(counts)),
  ]);
  return formatTable([head, ...rows], { numbersFrom: 0 });
}

function cells(counters: {
  readonly packets: number;
  readonly bytes: number;
  readonly errors: number;
}): string[] {
  return [counters.packets, counters.bytes, counters.errors].map(String);
}

/** Returns the time of the last reset, in local time; '' if there was none. */
function describeSince({ since }: DeviceStatistics): string {
  return since === undefined ? '' : ` since ${formatDateTime(new Date(since))}`;
}

/** `rtap stats --extended --json`: what `--json` has, and every counter by its name under `xstats`. */
export function extendedJson(statistics: DeviceStatistics) {
  return { ...statisticsJson(statistics), xstats: extendedStatistics(statistics) };
}

/** `rtap stats --extended`: one counter a line, as `ethtool -S` prints them. */
export function describeExtended(statistics: DeviceStatistics, style: Style): string {
  const since = describeSince(statistics);
  const lines = Object.entries(extendedStatistics(statistics)).map(([name, value]) => `  ${name}: ${value}`);
  return [`${style.bold(printableName(statistics.name))}${since}`, ...lines].join('\n');
}
