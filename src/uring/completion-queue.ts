import { CQE_FLAGS_WORD, CQE_RES_WORD, CQE_SIZE, CQE_USER_DATA_LOW_WORD, CQE_WORDS } from './cqe.js';

/**
 * The completion side of a ring, as a cursor: `next()` until it says false, then `release()` once.
 *
 * The tail is the kernel's and is read through Atomics, once per `refresh`; the head is ours and is
 * published once a burst, after which the kernel may overwrite what was read.
 */
export class CompletionQueue {
  readonly entries: number;
  readonly #words: Int32Array;
  readonly #mask: number;
  readonly #headWord: Uint32Array;
  readonly #tailWord: Uint32Array;
  #head: number;
  #tail: number;
  #at = 0;

  /** @param cqes the mapped CQE array: `entries` times 16 bytes, a power of two of them */
  constructor(cqes: ArrayBuffer, headWord: Uint32Array, tailWord: Uint32Array) {
    this.entries = cqes.byteLength / CQE_SIZE;
    this.#words = new Int32Array(cqes);
    this.#mask = this.entries - 1;
    this.#headWord = headWord;
    this.#tailWord = tailWord;
    this.#head = Atomics.load(headWord, 0);
    this.#tail = this.#head;
  }

  /** Moves to the next completion; false when the kernel has written no more. */
  next(): boolean {
    if (this.#head === this.#tail) {
      this.#tail = Atomics.load(this.#tailWord, 0);
      if (this.#head === this.#tail) return false;
    }
    this.#at = (this.#head & this.#mask) * CQE_WORDS;
    this.#head = (this.#head + 1) >>> 0;
    return true;
  }

  /** `res` of the current completion: bytes, or a negative errno. */
  get result(): number {
    return this.#words[this.#at + CQE_RES_WORD]!;
  }

  /** Low word of `user_data` of the current completion, without sign. */
  get userData(): number {
    return this.#words[this.#at + CQE_USER_DATA_LOW_WORD]! >>> 0;
  }

  /** IORING_CQE_F_* of the current completion, and in the upper half the number of the buffer that it took. */
  get flags(): number {
    return this.#words[this.#at + CQE_FLAGS_WORD]!;
  }

  /** Gives the entries that were read back to the kernel. */
  release(): void {
    Atomics.store(this.#headWord, 0, this.#head);
  }
}
