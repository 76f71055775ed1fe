import { SQE_SIZE } from './sqe.js';

/**
 * The submission side of a ring, as liburing keeps it: we fill `sqes[tail & mask]` and move `sqe_tail`;
 * io_uring_submit publishes it to the kernel.
 *
 * Hot path: no check of fullness here. A caller fills at most `entries` between two submissions, and
 * every submission (without SQPOLL) empties the queue.
 */
export class SubmissionQueue {
  readonly entries: number;
  /** All SQEs as 32-bit words. */
  readonly words: Uint32Array;
  readonly #mask: number;
  readonly #tailWord: Uint32Array;
  #tail: number;
  #published: number;

  /**
   * @param sqes the mapped SQE array: `entries` times 64 bytes, a power of two of them
   * @param tailWord one word: `sq.sqe_tail` of struct io_uring
   */
  constructor(sqes: ArrayBuffer, tailWord: Uint32Array) {
    this.entries = sqes.byteLength / SQE_SIZE;
    this.words = new Uint32Array(sqes);
    this.#mask = this.entries - 1;
    this.#tailWord = tailWord;
    this.#tail = tailWord[0]!;
    this.#published = this.#tail;
  }

  /** Entries taken since the last `publish`. */
  get pending(): number {
    return (this.#tail - this.#published) >>> 0;
  }

  /** Takes the next entry: the index of an SQE that the caller fills completely before it publishes. */
  take(): number {
    const index = this.#tail & this.#mask;
    this.#tail = (this.#tail + 1) >>> 0;
    return index;
  }

  /** Shows liburing what was taken. */
  publish(): void {
    this.#tailWord[0] = this.#tail;
    this.#published = this.#tail;
  }
}
