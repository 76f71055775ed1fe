/**
 * What rtap counts of one queue, in the order in which a counter block holds it. Directions are rtap's: rx is
 * what it received, tx what it sent. Bytes are Ethernet frames without virtio-net header or checksum sequence.
 */
export const QUEUE_COUNTER_NAMES = [
  'rxPackets',
  'rxBytes',
  // Reads that gave no whole frame: cut by the buffer (rxTruncated), too short for its header, refused by the kernel.
  'rxErrors',
  // Of rxPackets, those thrown away on purpose: queues drained for another's sake.
  'rxDiscarded',
  'txPackets',
  'txBytes',
  // Frames that the kernel, or rtap before it, refused.
  'txErrors',
  // Of rxErrors, those cut by their buffer. Last, so that what an older rtap counted reads as 0 here.
  'rxTruncated',
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

/** A queue's counters: doubles, exact up to 2^53 (bytes at 15 Gbit/s for 55 days), stored whole by the machine. */
export type QueueCounters = Float64Array;

/** Counters that nobody else sees. */
export function privateCounters(): QueueCounters {
  return new Float64Array(QUEUE_COUNTER_NAMES.length);
}

export function emptyCounts(): QueueCounts {
  return countsOf(privateCounters());
}

/** The counters by name. */
export function countsOf(counters: ArrayLike<number>): QueueCounts {
  const entries = QUEUE_COUNTER_NAMES.map((name, index) => [name, counters[index] ?? 0]);
  return Object.fromEntries(entries) as QueueCounts;
}

/** Adds `more` to `sum`, counter by counter; `sign` -1 takes it away. */
export function addCounts(sum: QueueCounts, more: Readonly<Partial<QueueCounts>>, sign: 1 | -1 = 1): void {
  for (const name of QUEUE_COUNTER_NAMES) sum[name] += sign * (more[name] ?? 0);
}
