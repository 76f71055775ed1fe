import { SequenceWindow } from './sequence-window.js';
import type { VerifiedQueue } from './verified-queue.js';

/** What was found about the frames of one run of `tx-inject --stamp`, over all queues. */
export class VerifiedStream {
  /** As in the stamp. */
  readonly stream: number;
  readonly sequence = new SequenceWindow();
  duplicates = 0;
  /** The highest number that came in each queue, by the queue's index. */
  readonly #highest: Float64Array;

  constructor(stream: number, queuesMax: number) {
    this.stream = stream;
    this.#highest = new Float64Array(queuesMax).fill(-1);
  }

  /** Takes the number `sequence`, which came in `queue`, into account here and there. */
  observe(sequence: number, queue: VerifiedQueue): void {
    const arrival = this.sequence.take(sequence);
    const highest = this.#highest[queue.index]!;
    queue.received += 1;
    if (arrival === 'duplicate') {
      this.duplicates += 1;
      queue.duplicates += 1;
    } else if (sequence < highest) {
      queue.outOfOrder += 1;
    }
    if (sequence > highest) this.#highest[queue.index] = sequence;
  }
}
