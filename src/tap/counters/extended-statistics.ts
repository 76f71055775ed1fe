import type { QueueCounterName, QueueCounts } from './counter-table.js';
import type { DeviceStatistics } from './device-statistics.js';

/** A counter of DPDK's own, or rtap's in the same style, and what it is the sum of. */
type ExtendedName = readonly [suffix: string, ...counters: QueueCounterName[]];

/** What a queue receives, behind `rx_q0_`, in the order in which it is shown. */
export const RX_EXTENDED: readonly ExtendedName[] = [
  ['packets', 'rxPackets'],
  ['bytes', 'rxBytes'],
  ['errors', 'rxErrors'],
  ['size_64_packets', 'rxSize64'],
  ['size_65_to_127_packets', 'rxSize65To127'],
  ['size_128_to_255_packets', 'rxSize128To255'],
  ['size_256_to_511_packets', 'rxSize256To511'],
  ['size_512_to_1023_packets', 'rxSize512To1023'],
  ['size_1024_to_1518_packets', 'rxSize1024To1518'],
  ['size_1519_to_9216_packets', 'rxSize1519To9216'],
  ['size_9217_to_max_packets', 'rxSize9217ToMax'],
  ['broadcast_packets', 'rxBroadcast'],
  ['multicast_packets', 'rxMulticast'],
  ['unicast_packets', 'rxUnicast'],
  ['lro_packets', 'rxLro'],
  ['checksum_good', 'rxChecksumGood'],
  ['checksum_none', 'rxChecksumNone'],
  ['checksum_bad', 'rxChecksumBad'],
  ['checksum_unknown', 'rxChecksumUnknown'],
  ['mbuf_alloc_failed', 'rxErrnoENOBUFS', 'rxErrnoENOMEM'],
  ['discarded_packets', 'rxDiscarded'],
  ['truncated_errors', 'rxTruncated'],
  ['short_errors', 'rxShort'],
  ['bad_header_errors', 'rxBadHeader'],
  ['efault_errors', 'rxErrnoEFAULT'],
  ['einval_errors', 'rxErrnoEINVAL'],
  ['eio_errors', 'rxErrnoEIO'],
  ['enobufs_errors', 'rxErrnoENOBUFS'],
  ['enomem_errors', 'rxErrnoENOMEM'],
  ['other_errors', 'rxErrnoOther'],
];

/** What a queue sends, behind `tx_q0_`. */
export const TX_EXTENDED: readonly ExtendedName[] = [
  ['packets', 'txPackets'],
  ['bytes', 'txBytes'],
  ['errors', 'txErrors'],
  ['size_64_packets', 'txSize64'],
  ['size_65_to_127_packets', 'txSize65To127'],
  ['size_128_to_255_packets', 'txSize128To255'],
  ['size_256_to_511_packets', 'txSize256To511'],
  ['size_512_to_1023_packets', 'txSize512To1023'],
  ['size_1024_to_1518_packets', 'txSize1024To1518'],
  ['size_1519_to_9216_packets', 'txSize1519To9216'],
  ['size_9217_to_max_packets', 'txSize9217ToMax'],
  ['broadcast_packets', 'txBroadcast'],
  ['multicast_packets', 'txMulticast'],
  ['unicast_packets', 'txUnicast'],
  ['tso_packets', 'txTso'],
  ['checksum_offload', 'txChecksumOffload'],
  ['multiseg_packets', 'txMultiSegment'],
  ['short_errors', 'txShort'],
  ['bad_header_errors', 'txBadHeader'],
  ['too_long_errors', 'txTooLong'],
  ['eagain_errors', 'txErrnoEAGAIN'],
  ['ebadfd_errors', 'txErrnoEBADFD'],
  ['efault_errors', 'txErrnoEFAULT'],
  ['einval_errors', 'txErrnoEINVAL'],
  ['eio_errors', 'txErrnoEIO'],
  ['enobufs_errors', 'txErrnoENOBUFS'],
  ['enomem_errors', 'txErrnoENOMEM'],
  ['other_errors', 'txErrnoOther'],
];

/**
 * Everything that rtap counts of a device, by the names that DPDK's extended statistics have: the device's sums, then
 * what each queue received, then what each sent. Errors by cause, and sizes beyond 1,518 bytes, are rtap's own.
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

function named(prefix: string, names: readonly ExtendedName[], counts: QueueCounts): [string, number][] {
  return names.map(([suffix, ...counters]) => [
    prefix + suffix,
    counters.reduce((sum, counter) => sum + counts[counter], 0),
  ]);
}
