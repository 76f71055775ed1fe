import { viewAt } from '../../sys/pointer.js';
import { privateCounters, type QueueCounters } from '../counters/counter-table.js';

/**
 * A queue as one thread describes it to another. The sender owns everything named here, and keeps it until the other
 * thread has ended.
 */
export interface HandedQueue {
  readonly fd: number;
  readonly number: number;
  /** Bytes of its virtio-net header. */
  readonly headerBytes: number;
  /** Address of its counters in this process; undefined if they are not kept. */
  readonly countersAddress: number | undefined;
}

/** Returns the counters of a queue that another thread owns. */
export function countersOf({ countersAddress }: HandedQueue): QueueCounters {
  const counters = privateCounters();
  if (countersAddress === undefined) return counters;
  return new Float64Array(viewAt(BigInt(countersAddress), counters.byteLength));
}
