import { COUNTERS, type Direction, type QueueCounterName } from './counter-table.js';
import type { DeviceStatistics } from './device-statistics.js';
import type { QueueCounts } from './queue-counts.js';

/** A name of DPDK's own, or of rtap's in the same style, and the counters whose sum it stands for. */
type ExtendedName = readonly [suffix: string, ...counters: QueueCounterName[]];

/** DPDK's name for the reads that found no memory, and the counter before which it is shown. */
const ALLOCATION_FAILURES: ExtendedName = ['mbuf_alloc_failed', 'rxErrnoENOBUFS', 'rxErrnoENOMEM'];
const AFTER_ALLOCATION_FAILURES: QueueCounterName = 'rxDiscarded';

/** What a queue receives, behind `rx_q0_`, in the order in which it is shown. */
export const RX_EXTENDED = extendedNames('rx');

/** What a queue sends, behind `tx_q0_`. */
export const TX_EXTENDED = extendedNames('tx');

/**
 * Everything that rtap counts of a device, by the names of DPDK's extended statistics: first the device's sums, then
 * what each queue received, then what each sent. Errors by cause and classes of lengths beyond 1,518 bytes are rtap's
 * own.
 */
export function extendedStatistics(statistics: DeviceStatistics): Record<string, number> {
  const { total, missed, queues } = statistics;
  const entries: [string, number][] = [
    ['rx_good_packets', total.rxPackets],
    ['tx_good_packets', total.txPackets],
    ['rx_good_bytes', total.rxBytes],
    ['tx_good_bytes', total.txBytes],
    ['rx_missed_errors', missed],
    ['rx_errors', total.rxErrors],
    ['tx_errors', total.txErrors],
    ['rx_mbuf_allocation_errors', total.rxErrnoENOBUFS + total.rxErrnoENOMEM],
  ];
  for (const [queue, counts] of queues.entries())
    entries.push(...named(`rx_q${queue}_`, RX_EXTENDED, counts));
  for (const [queue, counts] of queues.entries())
    entries.push(...named(`tx_q${queue}_`, TX_EXTENDED, counts));
  return Object.fromEntries(entries);
}

function extendedNames(direction: Direction): ExtendedName[] {
  const rows = COUNTERS.filter(([name]) => name.startsWith(direction));
  return rows.flatMap(([name, , suffix]): ExtendedName[] =>
    name === AFTER_ALLOCATION_FAILURES ? [ALLOCATION_FAILURES, [suffix, name]] : [[suffix, name]],
  );
}

function named(prefix: string, names: readonly ExtendedName[], counts: QueueCounts): [string, number][] {
  return names.map(([suffix, ...counters]) => [
    prefix + suffix,
    counters.reduce((sum, counter) => sum + counts[counter], 0),
  ]);
}
