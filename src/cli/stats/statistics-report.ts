import type { DeviceStatistics } from '../../tap/counters/device-statistics.js';
import { extendedStatistics } from '../../tap/counters/extended-statistics.js';
import type { QueueCounts } from '../../tap/counters/queue-counts.js';
import { describeFilter, describeUnread } from '../device/missed-packets.js';
import { formatDateTime } from '../output/date-time.js';
import { printableName } from '../output/escapes.js';
import type { Style } from '../output/style.js';
import { formatTable } from '../output/table.js';

/** Queues without a reader. Undefined if they are not known. */
type UnreadQueues = readonly number[] | undefined;

/** `rtap stats --json`: rtap's counters under `rx` and `tx`, the kernel's under `stats64`. */
export function statisticsJson(statistics: DeviceStatistics, unread: UnreadQueues) {
  const { total, missed, kernel } = statistics;
  return {
    ifname: statistics.name,
    ifindex: statistics.ifindex,
    ...(statistics.since === undefined ? {} : { since: statistics.since }),
    rx: { ...received(total), missed },
    tx: sent(total),
    queues: statistics.queues.map((counts, queue) => ({ queue, rx: received(counts), tx: sent(counts) })),
    unread: unread ?? null,
    stats64: kernel,
    qdisc: statistics.qdisc ?? null,
  };
}

function received(counts: QueueCounts) {
  const { rxPackets: packets, rxBytes: bytes, rxErrors: errors, rxDiscarded: discarded } = counts;
  return { packets, bytes, errors, discarded };
}

function sent(counts: QueueCounts) {
  return { packets: counts.txPackets, bytes: counts.txBytes, errors: counts.txErrors };
}

const HEAD = ['', 'PACKETS', 'BYTES', 'ERRORS', 'DISCARDED', 'MISSED', 'DROPPED'];
const RX_HEAD = ['RX PACKETS', 'RX BYTES', 'RX ERRORS', 'RX DISCARDED'];
const QUEUE_HEAD = ['QUEUE', ...RX_HEAD, 'TX PACKETS', 'TX BYTES', 'TX ERRORS'];

/** What `rtap stats` prints beside the sums. */
export interface StatisticsReportOptions {
  /** Adds a row for each queue. @default false */
  readonly perQueue?: boolean;
  /** Adds a sentence about queues without a reader, if packets were missed. @default undefined, not known */
  readonly unread?: UnreadQueues;
  /** Adds a sentence about the address filter, if packets were missed. @default false, there is none */
  readonly filtered?: boolean;
}

/**
 * `rtap stats`: rtap's counters above the kernel's, with lost packets in columns of their own, then a row per queue.
 */
export function describeStatistics(
  statistics: DeviceStatistics,
  style: Style,
  { perQueue = false, unread = [], filtered = false }: StatisticsReportOptions = {},
): string {
  const { name, missed } = statistics;
  const parts = [
    `${style.bold(printableName(name))}${describeSince(statistics)}`,
    formatTable(summaryRows(statistics, style), { numbersFrom: 1 }),
  ];
  if (perQueue && statistics.queues.length > 0) parts.push(describeQueues(statistics, style));
  if (missed > 0 && unread.length > 0)
    parts.push(style.yellow(`${missed} missed on ${printableName(name)}; ${describeUnread(unread)}`));
  if (missed > 0 && filtered) parts.push(style.yellow(describeFilter(printableName(name))));
  return parts.join('\n');
}

function summaryRows({ total, missed, kernel, qdisc }: DeviceStatistics, style: Style): string[][] {
  const missedCell = missed > 0 ? style.red(String(missed)) : '0';
  const rows = [
    HEAD.map((word) => style.bold(word)),
    ['rtap rx (received by rtap)', ...cells(received(total)), String(total.rxDiscarded), missedCell, ''],
    ['rtap tx (sent by rtap)', ...cells(sent(total)), '', '', ''],
    ['kernel tx (= rtap rx)', ...cells(kernel.tx), '', '', String(kernel.tx.dropped)],
    ['kernel rx (= rtap tx)', ...cells(kernel.rx), '', '', String(kernel.rx.dropped)],
  ];
  if (qdisc !== undefined && qdisc.dropped > 0)
    rows.push([
      `qdisc ${qdisc.kind} (before kernel tx)`,
      '',
      '',
      '',
      '',
      '',
      style.red(String(qdisc.dropped)),
    ]);
  return rows;
}

/** Directions are rtap's here. Only the kernel's rows have the kernel's. */
function describeQueues({ queues }: DeviceStatistics, style: Style): string {
  const head = QUEUE_HEAD.map((word) => style.bold(word));
  const rows = queues.map((counts, queue) => [
    String(queue),
    ...cells(received(counts)),
    String(counts.rxDiscarded),
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
export function extendedJson(statistics: DeviceStatistics, unread: UnreadQueues) {
  return { ...statisticsJson(statistics, unread), xstats: extendedStatistics(statistics) };
}

/** `rtap stats --extended`: one counter a line, as `ethtool -S` prints them. */
export function describeExtended(statistics: DeviceStatistics, style: Style): string {
  const since = describeSince(statistics);
  const lines = Object.entries(extendedStatistics(statistics)).map(([name, value]) => `  ${name}: ${value}`);
  return [`${style.bold(printableName(statistics.name))}${since}`, ...lines].join('\n');
}
