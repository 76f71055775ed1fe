import { viewAt } from '../../sys/pointer.js';
import { privateCounters, type QueueCounters } from '../counters/counter-table.js';

/** A queue as one thread tells another of it: whoever sends it owns all it names, for longer than the other uses it. */
export interface ForwardedQueue {
  readonly fd: number;
  readonly number: number;
  /** Bytes of its virtio-net header. */
  readonly headerBytes: number;
  /** Where its counters lie in this process; undefined where nobody keeps them. */
  readonly countersAddress: number | undefined;
}

/** The counters of a queue that another thread owns. */
export function countersOf({ countersAddress }: ForwardedQueue): QueueCounters {
  const counters = privateCounters();
  if (countersAddress === undefined) return counters;
  return new Float64Array(viewAt(BigInt(countersAddress), counters.byteLength));
}
