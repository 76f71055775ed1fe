import { type FlowTable, NO_FLOW } from './flow-table.js';
import { type Arrival, SequenceWindow } from './sequence-window.js';
import type { VerifiedQueue } from './verified-queue.js';

/** How a frame relates to those before it. */
export interface Fate {
  readonly arrival: Arrival;
  /** Whether it came after a later frame of its flow in this queue (RFC 4737, type-P-reordered). */
  readonly outOfOrder: boolean;
}

/** What was found about the frames of one stream of `tx-inject --stamp`, over all queues. */
export class VerifiedStream {
  /** As in the stamp. */
  readonly stream: number;
  readonly sequence = new SequenceWindow();
  duplicates = 0;
  /** The highest number that came in each queue in frames of no flow and of flows beyond FLOWS_MAX, by the queue's index. */
  readonly #highest: Float64Array;
  /** One object serves for all frames. */
  readonly #fate: { -readonly [Key in keyof Fate]: Fate[Key] } = { arrival: 'new', outOfOrder: false };

  constructor(stream: number, queuesMax: number) {
    this.stream = stream;
    this.#highest = new Float64Array(queuesMax).fill(-1);
  }

  /**
   * Takes the number `sequence` into account here and there. It came in `queue`, in the flow with slot `slot` of `flows`.
   * Returns what it was; borrowed until the next call.
   */
  observe(sequence: number, queue: VerifiedQueue, flows: FlowTable, slot: number): Fate {
    const fate = this.#fate;
    const highest = slot === NO_FLOW ? this.#highest[queue.index]! : flows.highest(slot);
    fate.arrival = this.sequence.take(sequence);
    fate.outOfOrder = fate.arrival !== 'duplicate' && sequence < highest;
    queue.received += 1;
    if (fate.arrival === 'duplicate') {
      this.duplicates += 1;
      queue.duplicates += 1;
    }
    if (fate.outOfOrder) queue.outOfOrder += 1;
    if (sequence > highest) {
      if (slot === NO_FLOW) this.#highest[queue.index] = sequence;
      else flows.raise(slot, sequence);
    }
    return fate;
  }
}
