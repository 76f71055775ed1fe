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

/** Behind the counters of a queue: how often frames waited for the kernel to have room. */
export const LANE_WAITS = QUEUE_COUNTER_NAMES.length;

/** Whole cache lines of 8 doubles, so that two threads share none. */
const LANE_COUNTERS = Math.ceil((LANE_WAITS + 1) / 8) * 8;

/** What one lane of a forwarder carried. Frames, and bytes without virtio-net header. */
export interface LaneCounts {
  readonly received: number;
  readonly receivedBytes: number;
  /** Waited in a holder's queue before, and thrown away; in no other count. */
  readonly discarded: number;
  /** Came cut, too short or with a header that makes no sense, and went nowhere; in no other count. */
  readonly unusable: number;
  readonly sent: number;
  readonly sentBytes: number;
  /** Frames that the kernel did not take, by the name of the errno; what was sent at a later try is not among them. */
  readonly refused: Readonly<Record<string, number>>;
  /** How often frames waited for room. */
  readonly waits: number;
}

/** Memory for the counters of `laneCount` lanes, which threads share. */
export function allocateLaneCounts(laneCount: number): SharedArrayBuffer {
  return new SharedArrayBuffer(laneCount * LANE_COUNTERS * Float64Array.BYTES_PER_ELEMENT);
}

/** Those of lane `lane`, to be written by one thread: what a queue counts, of the lane's two, and LANE_WAITS. */
export function laneCounters(memory: SharedArrayBuffer, lane: number): QueueCounters {
  return new Float64Array(memory, lane * LANE_COUNTERS * Float64Array.BYTES_PER_ELEMENT, LANE_COUNTERS);
}

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
