/** Lengths that frames are counted by, in the order of SIZE_* (frame-class); both directions have them. */
export const SIZE_NAMES = [
  'Size64',
  'Size65To127',
  'Size128To255',
  'Size256To511',
  'Size512To1023',
  'Size1024To1518',
  'Size1519To9216',
  'Size9217ToMax',
] as const;

/** Destinations, in the order of DESTINATION_* (frame-class); both directions have them. */
export const DESTINATION_NAMES = ['Broadcast', 'Multicast', 'Unicast'] as const;

/** Refusals of a read that have a counter; the last is for all others. */
export const RX_ERRNO_NAMES = ['EFAULT', 'EINVAL', 'EIO', 'ENOBUFS', 'ENOMEM', 'Other'] as const;

/** Refusals of a write that have a counter; the last is for all others. */
export const TX_ERRNO_NAMES = [
  'EAGAIN',
  'EBADFD',
  'EFAULT',
  'EINVAL',
  'EIO',
  'ENOBUFS',
  'ENOMEM',
  'Other',
] as const;

/**
 * What rtap counts of one queue, in the order in which a counter block holds it. Directions are rtap's: rx is
 * what it received, tx what it sent. Bytes are Ethernet frames without virtio-net header or checksum sequence.
 *
 * New ones come last, so that what an older rtap counted reads as 0 here.
 */
export const QUEUE_COUNTER_NAMES = [
  'rxPackets',
  'rxBytes',
  // Reads that gave no whole frame: the sum of rxTruncated, rxShort, rxBadHeader and rxErrno…
  'rxErrors',
  // Of rxPackets, those thrown away on purpose: queues drained for another's sake.
  'rxDiscarded',
  'txPackets',
  'txBytes',
  // Frames that the kernel, or rtap before it, refused: the sum of txShort, txBadHeader, txTooLong and txErrno…
  'txErrors',
  // Longer than their buffer.
  'rxTruncated',
  ...SIZE_NAMES.map((name) => `rx${name}` as const),
  ...DESTINATION_NAMES.map((name) => `rx${name}` as const),
  // Several segments' worth in one frame.
  'rxLro',
  // Verified by the kernel; to be computed yet; to be computed outside of the frame; looked at by nobody.
  'rxChecksumGood',
  'rxChecksumNone',
  'rxChecksumBad',
  'rxChecksumUnknown',
  ...SIZE_NAMES.map((name) => `tx${name}` as const),
  ...DESTINATION_NAMES.map((name) => `tx${name}` as const),
  // Left to the kernel: to be cut, to be summed.
  'txTso',
  'txChecksumOffload',
  // Sent from several pieces of memory.
  'txMultiSegment',
  // Shorter than an Ethernet header.
  'rxShort',
  // The virtio-net header is cut, or announces segments of no length.
  'rxBadHeader',
  ...RX_ERRNO_NAMES.map((name) => `rxErrno${name}` as const),
  'txShort',
  // The kernel takes no such virtio-net header, or the device has none to carry what is asked for.
  'txBadHeader',
  // More than fits a burst.
  'txTooLong',
  ...TX_ERRNO_NAMES.map((name) => `txErrno${name}` as const),
] as const;

export type QueueCounterName = (typeof QUEUE_COUNTER_NAMES)[number];

/** A queue's counts as an object. Packets or bytes. */
export type QueueCounts = Record<QueueCounterName, number>;

export const RX_PACKETS = 0;
export const RX_BYTES = 1;
export const RX_ERRORS = 2;
export const RX_DISCARDED = 3;
export const TX_PACKETS = 4;
export const TX_BYTES = 5;
export const TX_ERRORS = 6;
export const RX_TRUNCATED = 7;
/** First of the counters of kinds of frames, size classes before destinations before the direction's own. */
export const RX_KINDS = 8;
export const TX_KINDS = 24;
export const RX_SHORT = 38;
export const RX_BAD_HEADER = 39;
/** First of those by errno. */
export const RX_ERRNO = 40;
export const TX_SHORT = 46;
export const TX_BAD_HEADER = 47;
export const TX_TOO_LONG = 48;
export const TX_ERRNO = 49;

/** A queue's counters: doubles, exact up to 2^53 (bytes at 15 Gbit/s for 55 days), stored whole by the machine. */
export type QueueCounters = Float64Array;

/** Counters that nobody else sees. */
export function privateCounters(): QueueCounters {
  return new Float64Array(QUEUE_COUNTER_NAMES.length);
}

export function emptyCounts(): QueueCounts {
  return countsOf([]);
}

/** The counters by name. */
export function countsOf(counters: ArrayLike<number>): QueueCounts {
  const counts: Partial<QueueCounts> = {};
  for (const [index, name] of QUEUE_COUNTER_NAMES.entries()) counts[name] = counters[index] ?? 0;
  return counts as QueueCounts;
}

/** Those of `counts` that are not 0: what is worth keeping. */
export function presentCounts(counts: QueueCounts): Partial<QueueCounts> {
  const present: Partial<QueueCounts> = {};
  for (const name of QUEUE_COUNTER_NAMES) if (counts[name] !== 0) present[name] = counts[name];
  return present;
}

/** Adds `more` to `sum`, counter by counter; `sign` -1 takes it away. */
export function addCounts(sum: QueueCounts, more: Readonly<Partial<QueueCounts>>, sign: 1 | -1 = 1): void {
  for (const name of QUEUE_COUNTER_NAMES) sum[name] += sign * (more[name] ?? 0);
}
