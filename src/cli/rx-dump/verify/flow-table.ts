import { directedFlowHash, Flow } from '../../../packet/headers/flow.js';

/** So many flows have a place of their own. The order of further flows is not judged one by one. */
export const FLOWS_MAX = 65_536;
/** Twice as many, a power of two: a search then looks at few slots. */
const SLOTS = 2 * FLOWS_MAX;

/** What `FlowTable.find` returns for a frame of no flow, and for flows beyond FLOWS_MAX. */
export const NO_FLOW = -1;

/**
 * The highest sequence number of each flow that came in each stream and queue. Its memory does not grow with their number:
 * 2 MiB. It knows a flow by two hashes of 31 bits, so it takes two of 65,536 flows for one in one run of a thousand million.
 */
export class FlowTable {
  readonly #first = new Uint32Array(SLOTS);
  readonly #second = new Uint32Array(SLOTS);
  readonly #highest = new Float64Array(SLOTS).fill(-1);
  readonly #flow = new Flow();
  #count = 0;

  /** The slot of the flow of `frame` within `owner`, a number for its stream and queue; NO_FLOW if it has none. */
  find(frame: Uint8Array, owner: number): number {
    if (!this.#flow.read(frame)) return NO_FLOW;
    const first = directedFlowHash(frame, this.#flow, owner);
    // The lowest bit says that the slot is taken.
    const second = (directedFlowHash(frame, this.#flow, ~owner) | 1) >>> 0;
    for (let slot = first % SLOTS; ; slot = (slot + 1) % SLOTS) {
      if (this.#first[slot] === first && this.#second[slot] === second) return slot;
      if (this.#second[slot] === 0) return this.#take(slot, first, second);
    }
  }

  /** The flow of the frame that `find` saw last. Borrowed until the next `find`. */
  get flow(): Flow {
    return this.#flow;
  }

  /** The highest number of the flow in `slot`; -1 for none. */
  highest(slot: number): number {
    return this.#highest[slot]!;
  }

  /** Takes `number`, a higher one, into account. */
  raise(slot: number, number: number): void {
    this.#highest[slot] = number;
  }

  #take(slot: number, first: number, second: number): number {
    if (this.#count === FLOWS_MAX) return NO_FLOW;
    this.#count += 1;
    this.#first[slot] = first;
    this.#second[slot] = second;
    return slot;
  }
}
