/** What rtap received from a queue, or sent into it. */
export type Direction = 'rx' | 'tx';

/** One counter of a queue. */
export type CounterRow<Name extends string = `${Direction}${string}`> = readonly [
  /** Its name in JSON and in the library. It begins with the direction. */
  name: Name,
  /**
   * Its place in the queue's block of a counter file. It never changes: each release reads the files of all others.
   */
  index: number,
  /** Its name in DPDK's extended statistics, or one in their style, behind `rx_q0_` or `tx_q0_`. */
  extended: string,
  /** Its metric. A counter that is the sum of others has none. */
  metric?: string,
  /** The metric's labels beside device and queue. */
  labels?: Readonly<Record<string, string>>,
];

const RX = { direction: 'rx' } as const;
const TX = { direction: 'tx' } as const;

/**
 * Everything that rtap counts of one queue. Packets, or bytes of Ethernet frames without virtio-net header and
 * without checksum sequence.
 *
 * Names, indices, extended statistics and metrics follow from this table. Extended statistics, and the samples of a
 * metric, have the order of its rows. A new counter takes the next free index, and its row stands beside its like. In
 * the counts of an older rtap it is 0.
 */
export const COUNTERS = [
  ['rxPackets', 0, 'packets', 'rtap_packets', RX],
  ['rxBytes', 1, 'bytes', 'rtap_bytes', RX],
  // Reads that gave no whole frame: the sum of rxTruncated, rxShort, rxBadHeader and rxErrno….
  ['rxErrors', 2, 'errors'],
  ['rxSize64', 8, 'size_64_packets', 'rtap_frame_size_bytes', { ...RX, le: '64.0' }],
  ['rxSize65To127', 9, 'size_65_to_127_packets', 'rtap_frame_size_bytes', { ...RX, le: '127.0' }],
  ['rxSize128To255', 10, 'size_128_to_255_packets', 'rtap_frame_size_bytes', { ...RX, le: '255.0' }],
  ['rxSize256To511', 11, 'size_256_to_511_packets', 'rtap_frame_size_bytes', { ...RX, le: '511.0' }],
  ['rxSize512To1023', 12, 'size_512_to_1023_packets', 'rtap_frame_size_bytes', { ...RX, le: '1023.0' }],
  ['rxSize1024To1518', 13, 'size_1024_to_1518_packets', 'rtap_frame_size_bytes', { ...RX, le: '1518.0' }],
  ['rxSize1519To9216', 14, 'size_1519_to_9216_packets', 'rtap_frame_size_bytes', { ...RX, le: '9216.0' }],
  ['rxSize9217ToMax', 15, 'size_9217_to_max_packets', 'rtap_frame_size_bytes', { ...RX, le: '+Inf' }],
  ['rxBroadcast', 16, 'broadcast_packets', 'rtap_destination_packets', { ...RX, destination: 'broadcast' }],
  ['rxMulticast', 17, 'multicast_packets', 'rtap_destination_packets', { ...RX, destination: 'multicast' }],
  ['rxUnicast', 18, 'unicast_packets', 'rtap_destination_packets', { ...RX, destination: 'unicast' }],
  // Frames that hold several segments.
  ['rxLro', 19, 'lro_packets', 'rtap_lro_packets', {}],
  // The checksum was verified by the kernel, is still to be computed, would lie outside of the frame, or is not known.
  ['rxChecksumGood', 20, 'checksum_good', 'rtap_checksum_packets', { checksum: 'good' }],
  ['rxChecksumNone', 21, 'checksum_none', 'rtap_checksum_packets', { checksum: 'none' }],
  ['rxChecksumBad', 22, 'checksum_bad', 'rtap_checksum_packets', { checksum: 'bad' }],
  ['rxChecksumUnknown', 23, 'checksum_unknown', 'rtap_checksum_packets', { checksum: 'unknown' }],
  // Frames of rxPackets that rtap dropped on purpose: it drained a queue that others had filled.
  ['rxDiscarded', 3, 'discarded_packets', 'rtap_discarded_packets', {}],
  // Longer than the buffer.
  ['rxTruncated', 7, 'truncated_errors', 'rtap_errors', { ...RX, cause: 'truncated' }],
  // Shorter than an Ethernet header.
  ['rxShort', 38, 'short_errors', 'rtap_errors', { ...RX, cause: 'short' }],
  // The virtio-net header is cut, or announces segments of length 0.
  ['rxBadHeader', 39, 'bad_header_errors', 'rtap_errors', { ...RX, cause: 'bad_header' }],
  // Reads that the kernel refused, by errno; Other is for all that have no counter.
  ['rxErrnoEFAULT', 40, 'efault_errors', 'rtap_errors', { ...RX, cause: 'EFAULT' }],
  ['rxErrnoEINVAL', 41, 'einval_errors', 'rtap_errors', { ...RX, cause: 'EINVAL' }],
  ['rxErrnoEIO', 42, 'eio_errors', 'rtap_errors', { ...RX, cause: 'EIO' }],
  ['rxErrnoENOBUFS', 43, 'enobufs_errors', 'rtap_errors', { ...RX, cause: 'ENOBUFS' }],
  ['rxErrnoENOMEM', 44, 'enomem_errors', 'rtap_errors', { ...RX, cause: 'ENOMEM' }],
  ['rxErrnoOther', 45, 'other_errors', 'rtap_errors', { ...RX, cause: 'other' }],

  ['txPackets', 4, 'packets', 'rtap_packets', TX],
  ['txBytes', 5, 'bytes', 'rtap_bytes', TX],
  // Frames that the kernel, or rtap before it, refused: the sum of txShort, txBadHeader, txTooLong and txErrno….
  ['txErrors', 6, 'errors'],
  ['txSize64', 24, 'size_64_packets', 'rtap_frame_size_bytes', { ...TX, le: '64.0' }],
  ['txSize65To127', 25, 'size_65_to_127_packets', 'rtap_frame_size_bytes', { ...TX, le: '127.0' }],
  ['txSize128To255', 26, 'size_128_to_255_packets', 'rtap_frame_size_bytes', { ...TX, le: '255.0' }],
  ['txSize256To511', 27, 'size_256_to_511_packets', 'rtap_frame_size_bytes', { ...TX, le: '511.0' }],
  ['txSize512To1023', 28, 'size_512_to_1023_packets', 'rtap_frame_size_bytes', { ...TX, le: '1023.0' }],
  ['txSize1024To1518', 29, 'size_1024_to_1518_packets', 'rtap_frame_size_bytes', { ...TX, le: '1518.0' }],
  ['txSize1519To9216', 30, 'size_1519_to_9216_packets', 'rtap_frame_size_bytes', { ...TX, le: '9216.0' }],
  ['txSize9217ToMax', 31, 'size_9217_to_max_packets', 'rtap_frame_size_bytes', { ...TX, le: '+Inf' }],
  ['txBroadcast', 32, 'broadcast_packets', 'rtap_destination_packets', { ...TX, destination: 'broadcast' }],
  ['txMulticast', 33, 'multicast_packets', 'rtap_destination_packets', { ...TX, destination: 'multicast' }],
  ['txUnicast', 34, 'unicast_packets', 'rtap_destination_packets', { ...TX, destination: 'unicast' }],
  // Frames whose segmentation or checksum rtap left to the kernel.
  ['txTso', 35, 'tso_packets', 'rtap_tso_packets', {}],
  ['txChecksumOffload', 36, 'checksum_offload', 'rtap_checksum_offload_packets', {}],
  // Sent from several pieces of memory.
  ['txMultiSegment', 37, 'multiseg_packets', 'rtap_multi_segment_packets', {}],
  // Shorter than an Ethernet header.
  ['txShort', 46, 'short_errors', 'rtap_errors', { ...TX, cause: 'short' }],
  // The kernel does not take such a virtio-net header, or the device has no header for what the frame asks for.
  ['txBadHeader', 47, 'bad_header_errors', 'rtap_errors', { ...TX, cause: 'bad_header' }],
  // Longer than a burst has room for.
  ['txTooLong', 48, 'too_long_errors', 'rtap_errors', { ...TX, cause: 'too_long' }],
  // Writes that the kernel refused, by errno; Other is for all that have no counter.
  ['txErrnoEAGAIN', 49, 'eagain_errors', 'rtap_errors', { ...TX, cause: 'EAGAIN' }],
  ['txErrnoEBADFD', 50, 'ebadfd_errors', 'rtap_errors', { ...TX, cause: 'EBADFD' }],
  ['txErrnoEFAULT', 51, 'efault_errors', 'rtap_errors', { ...TX, cause: 'EFAULT' }],
  ['txErrnoEINVAL', 52, 'einval_errors', 'rtap_errors', { ...TX, cause: 'EINVAL' }],
  ['txErrnoEIO', 53, 'eio_errors', 'rtap_errors', { ...TX, cause: 'EIO' }],
  ['txErrnoENOBUFS', 54, 'enobufs_errors', 'rtap_errors', { ...TX, cause: 'ENOBUFS' }],
  ['txErrnoENOMEM', 55, 'enomem_errors', 'rtap_errors', { ...TX, cause: 'ENOMEM' }],
  ['txErrnoOther', 56, 'other_errors', 'rtap_errors', { ...TX, cause: 'other' }],
] as const satisfies readonly CounterRow[];

type Row = (typeof COUNTERS)[number];

/** The name of a counter. */
export type QueueCounterName = Row[0];

/** The metrics that COUNTERS names. */
export type QueueMetricName = Extract<Row, readonly [string, number, string, string, object]>[3];

/** The names of all counters in the order in which a counter block holds them. */
export const QUEUE_COUNTER_NAMES: readonly QueueCounterName[] = COUNTERS.toSorted(
  ([, left], [, right]) => left - right,
).map(([name]) => name);

const INDICES = Object.fromEntries(COUNTERS.map(([name, index]) => [name, index])) as Readonly<
  Record<QueueCounterName, number>
>;

/** Where a counter block holds the counter `name`. */
export function counterIndex(name: QueueCounterName): number {
  return INDICES[name];
}

// The places of the counters that queues and forwarding lanes write themselves.
export const RX_PACKETS = counterIndex('rxPackets');
export const RX_BYTES = counterIndex('rxBytes');
export const RX_ERRORS = counterIndex('rxErrors');
export const RX_DISCARDED = counterIndex('rxDiscarded');
export const RX_TRUNCATED = counterIndex('rxTruncated');
export const RX_SHORT = counterIndex('rxShort');
export const RX_BAD_HEADER = counterIndex('rxBadHeader');
export const TX_PACKETS = counterIndex('txPackets');
export const TX_BYTES = counterIndex('txBytes');
export const TX_ERRORS = counterIndex('txErrors');
export const TX_SHORT = counterIndex('txShort');
export const TX_BAD_HEADER = counterIndex('txBadHeader');
export const TX_TOO_LONG = counterIndex('txTooLong');

/**
 * A queue's counters: doubles, exact up to 2^53 (bytes at 15 Gbit/s for 55 days). The machine stores each at once.
 */
export type QueueCounters = Float64Array;

/** Counters in memory of this process, which no other process reads. */
export function privateCounters(): QueueCounters {
  return new Float64Array(QUEUE_COUNTER_NAMES.length);
}
