import { SQE_SIZE } from './sqe.js';

/** Three words that stand at the same position unless entries were taken that liburing does not know yet. */
export interface SubmissionWords {
  /** `sq.sqe_tail` of struct io_uring: entries that liburing hands over at its next submission. */
  readonly tail: Uint32Array;
  /** `sq.sqe_head` of struct io_uring: entries that liburing has shown to the kernel. */
  readonly shown: Uint32Array;
  /** `*sq.ktail`: the tail that the kernel reads. */
  readonly kernelTail: Uint32Array;
}

/**
 * The submission side of a ring, as liburing keeps it: the caller fills `sqes[tail & mask]`, `publish` moves `sqe_tail`,
 * and io_uring_submit shows the entries to the kernel.
 *
 * Hot path: nothing checks here whether the queue is full. A caller fills at most `entries` entries between two
 * submissions. A submission empties the queue, unless the kernel has no resources: `pending` tells.
 */
export class SubmissionQueue {
  readonly entries: number;
  /** All SQEs as 32-bit words. */
  readonly words: Uint32Array;
  /** A position & `mask` is the index of an entry. */
  readonly mask: number;
  readonly #shared: SubmissionWords;
  #tail: number;
  /** The first entry that the kernel has not taken. */
  #head: number;
  #taken = 0;

  /** @param sqes the mapped SQE array: `entries` times 64 bytes, a power of two of them */
  constructor(sqes: ArrayBuffer, shared: SubmissionWords) {
    this.entries = sqes.byteLength / SQE_SIZE;
    this.words = new Uint32Array(sqes);
    this.mask = this.entries - 1;
    this.#shared = shared;
    this.#tail = shared.tail[0]!;
    this.#head = this.#tail;
  }

  /** Entries that were filled and that the kernel has not taken. */
  get pending(): number {
    return (this.#tail - this.#head) >>> 0;
  }

  /** Returns the index of the next SQE, which the caller fills completely before it publishes. */
  take(): number {
    const index = this.next;
    this.takeMore(1);
    return index;
  }

  /** The index of the SQE that is taken next. */
  get next(): number {
    return this.#tail & this.mask;
  }

  /**
   * Counts the entries that were ever taken, also those that were withdrawn. While it does not change, each entry holds what was
   * written last: the kernel never writes entries.
   */
  get taken(): number {
    return this.#taken;
  }

  /** Takes `count` entries from `next` on, modulo `entries`. The caller has filled them, or knows what they hold (`taken`). */
  takeMore(count: number): void {
    this.#tail = (this.#tail + count) >>> 0;
    this.#taken += count;
  }

  /** Shows liburing what was filled. */
  publish(): void {
    this.#shared.tail[0] = this.#tail;
  }

  /** Notes that the kernel has taken `count` entries. */
  consume(count: number): void {
    this.#head = (this.#head + count) >>> 0;
  }

  /** Takes back the entries that the kernel has not taken. Without SQPOLL it reads the tail only during a submission. */
  withdraw(): void {
    if (this.#tail === this.#head) return;
    this.#tail = this.#head;
    for (const word of [this.#shared.tail, this.#shared.shown, this.#shared.kernelTail])
      Atomics.store(word, 0, this.#head);
  }
}
