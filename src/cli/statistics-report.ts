import type { ChalkInstance } from 'chalk';
import type { DeviceStatistics } from '../tap/device-statistics.js';
import type { QueueCounts } from '../tap/queue-counters.js';
import { formatTable } from './table.js';

/** `rtap stats --json`: rtap's view under `rx` and `tx`, the kernel's under `stats64`. */
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

const HEAD = ['', 'PACKETS', 'BYTES', 'ERRORS', 'MISSED'];

/** `rtap stats`: what was lost comes first, then rtap's view, then the kernel's. */
export function describeStatistics(
  statistics: DeviceStatistics,
  perQueue: boolean,
  style: ChalkInstance,
): string {
  const { name, total, missed, kernel } = statistics;
  const head = HEAD.map((word) => style.bold(word));
  const missedCell = missed > 0 ? style.red(String(missed)) : '0';
  const rows = [
    head,
    ['rtap rx (received by rtap)', ...cells(received(total)), missedCell],
    ['rtap tx (sent by rtap)', ...cells(sent(total)), ''],
    ...(perQueue ? queueRows(statistics) : []),
    ['kernel tx (= rtap rx)', ...cells(kernel.tx), String(kernel.tx.dropped)],
    ['kernel rx (= rtap tx)', ...cells(kernel.rx), ''],
  ];
  const since = statistics.since === undefined ? '' : ` since ${statistics.since}`;
  return `${style.bold(name)}${since}\n${formatTable(rows, { numbersFrom: 1 })}`;
}

function queueRows({ queues }: DeviceStatistics): string[][] {
  return queues.flatMap((counts, queue) => [
    [`  queue ${queue} rx`, ...cells(received(counts)), ''],
    [`  queue ${queue} tx`, ...cells(sent(counts)), ''],
  ]);
}

function cells(counters: {
  readonly packets: number;
  readonly bytes: number;
  readonly errors: number;
}): string[] {
  return [counters.packets, counters.bytes, counters.errors].map(String);
}
