import {
  QUEUE_COUNTER_NAMES,
  type QueueCounters,
  RX_BYTES,
  RX_DISCARDED,
  RX_ERRORS,
  RX_PACKETS,
  TX_BYTES,
  TX_PACKETS,
} from '../counters/counter-table.js';
import { TX_ERRNO_INDICES } from '../counters/errno-counters.js';

/** Index of the count of waits for room in the kernel, after the counters of a queue. */
export const LANE_WAITS = QUEUE_COUNTER_NAMES.length;

/** A whole number of cache lines of 8 doubles, so that two threads share none. */
const LANE_COUNTERS = Math.ceil((LANE_WAITS + 1) / 8) * 8;

/** What one lane of a forwarder carried. Frames, and bytes without virtio-net header. */
export interface LaneCounts {
  readonly received: number;
  readonly receivedBytes: number;
  /** Frames that waited in a holder's queue before and were discarded. They are in no other count. */
  readonly discarded: number;
  /**
   * Frames that were cut, too short or had an impossible header, and were not forwarded. They are in no other count.
   */
  readonly unusable: number;
  readonly sent: number;
  readonly sentBytes: number;
  /**
   * Frames that the kernel did not take, by the name of the errno. Frames that were sent at a later try are not among
   * them.
   */
  readonly refused: Readonly<Record<string, number>>;
  /** How often frames waited for room. */
  readonly waits: number;
}

/** Returns memory for the counters of `laneCount` lanes, which threads share. */
export function allocateLaneCounts(laneCount: number): SharedArrayBuffer {
  return new SharedArrayBuffer(laneCount * LANE_COUNTERS * Float64Array.BYTES_PER_ELEMENT);
}

/** Returns the counters of lane `lane`: those of a queue, and LANE_WAITS. One thread writes them. */
export function laneCounters(memory: SharedArrayBuffer, lane: number): QueueCounters {
  return new Float64Array(memory, lane * LANE_COUNTERS * Float64Array.BYTES_PER_ELEMENT, LANE_COUNTERS);
}

/** Reads the counts of lane `lane`, which another thread may be changing. */
export function readLaneCounts(memory: SharedArrayBuffer, lane: number): LaneCounts {
  const counters = laneCounters(memory, lane);
  const refused = [...TX_ERRNO_INDICES].map(([name, index]) => [name, counters[index]!] as const);
  return {
    received: counters[RX_PACKETS]!,
    receivedBytes: counters[RX_BYTES]!,
    discarded: counters[RX_DISCARDED]!,
    unusable: counters[RX_ERRORS]!,
    sent: counters[TX_PACKETS]!,
    sentBytes: counters[TX_BYTES]!,
    refused: Object.fromEntries(refused.filter(([, count]) => count > 0)),
    waits: counters[LANE_WAITS]!,
  };
}
