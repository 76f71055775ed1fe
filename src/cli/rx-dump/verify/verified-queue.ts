import { LatencyHistogram } from './latency-histogram.js';

/** What was found about the stamped frames of one queue. */
export class VerifiedQueue {
  /** QUEUE_UNKNOWN if a saved capture does not say it. */
  readonly queue: number;
  /** Its index among the queues that frames came from. */
  readonly index: number;
  received = 0;
  /** Frames that came after a later frame of their flow in this queue (RFC 4737, type-P-reordered). */
  outOfOrder = 0;
  /** Frames whose number had come before, in any queue. */
  duplicates = 0;
  readonly latency = new LatencyHistogram();

  constructor(queue: number, index: number) {
    this.queue = queue;
    this.index = index;
  }
}
