import { LatencyHistogram } from './latency-histogram.js';

/** What was found of the stamped frames of one queue. */
export class VerifiedQueue {
  /** QUEUE_UNKNOWN where a saved capture does not say. */
  readonly queue: number;
  /** Its place among the queues that frames came from. */
  readonly index: number;
  received = 0;
  /** Frames that came behind a later one of their stream in this queue (RFC 4737, type-P-reordered). */
  outOfOrder = 0;
  /** Frames whose number had come before, in whichever queue. */
  duplicates = 0;
  readonly latency = new LatencyHistogram();

  constructor(queue: number, index: number) {
    this.queue = queue;
    this.index = index;
  }
}
