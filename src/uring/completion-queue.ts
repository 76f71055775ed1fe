import { CQE_FLAGS_WORD, CQE_RES_WORD, CQE_SIZE, CQE_USER_DATA_LOW_WORD, CQE_WORDS } from './cqe.js';

/**
 * The completion side of a ring, as a cursor: `next()` until it returns false, then `release()` once.
 *
 * The kernel writes the tail, which is read through Atomics when all known completions were read, and by each `skip`. This object
 * writes the head, once a burst: from then on the kernel may overwrite what was read.
 */
export class CompletionQueue {
  readonly entries: number;
  /** All CQEs of the ring as 32-bit words. Read only those that `skip` has moved past. */
  readonly words: Int32Array;
  /** A position & `mask` is the index of an entry. */
  readonly mask: number;
  readonly #headWord: Uint32Array;
  readonly #tailWord: Uint32Array;
  #head: number;
  #tail: number;
  /** Where the current completion lies: in the ring, or among the stashed ones. */
  #words: Int32Array;
  #at = 0;
  /** Completions that left the ring before they were read. They come before all that the ring holds. */
  #stash = new Int32Array(0);
  #stashAt = 0;
  #isStashing = false;

  /** @param cqes the mapped CQE array: `entries` times 16 bytes, a power of two of them */
  constructor(cqes: ArrayBuffer, headWord: Uint32Array, tailWord: Uint32Array) {
    this.entries = cqes.byteLength / CQE_SIZE;
    this.words = new Int32Array(cqes);
    this.#words = this.words;
    this.mask = this.entries - 1;
    this.#headWord = headWord;
    this.#tailWord = tailWord;
    this.#head = Atomics.load(headWord, 0);
    this.#tail = this.#head;
  }

  /** Moves to the next completion. Returns false if there is none. */
  next(): boolean {
    if (this.#head === this.#tail) {
      if (this.#isStashing && this.#nextStashed()) return true;
      this.#tail = Atomics.load(this.#tailWord, 0);
      if (this.#head === this.#tail) return false;
    }
    this.#at = (this.#head & this.mask) * CQE_WORDS;
    this.#head = (this.#head + 1) >>> 0;
    return true;
  }

  /**
   * Moves past the next `count` completions at once. Returns the entry of the first one. The others follow it, modulo `entries`. They
   * may be read until `release` or a submission. Returns -1 and does not move if the ring holds fewer, or if some were stashed: then
   * use `next`.
   */
  skip(count: number): number {
    if (this.#isStashing) return -1;
    this.#tail = Atomics.load(this.#tailWord, 0);
    if ((this.#tail - this.#head) >>> 0 < count) return -1;
    const first = this.#head & this.mask;
    this.#head = (this.#head + count) >>> 0;
    return first;
  }

  /** `res` of the current completion: bytes, or a negative errno. Valid until `next` or a submission. */
  get result(): number {
    return this.#words[this.#at + CQE_RES_WORD]!;
  }

  /** The low word of `user_data` of the current completion, without sign. Valid until `next` or a submission. */
  get userData(): number {
    return this.#words[this.#at + CQE_USER_DATA_LOW_WORD]! >>> 0;
  }

  /**
   * IORING_CQE_F_* of the current completion, and in the upper half the number of the buffer that it took. Valid until
   * `next` or a submission.
   */
  get flags(): number {
    return this.#words[this.#at + CQE_FLAGS_WORD]!;
  }

  /** Completions that left the ring before they were read, and were not read since. */
  get stashed(): number {
    return (this.#stash.length - this.#stashAt) / CQE_WORDS;
  }

  /** Gives the entries that were read back to the kernel. */
  release(): void {
    Atomics.store(this.#headWord, 0, this.#head);
  }

  /**
   * Copies the completions that were not read out of the ring, and gives all its entries back to the kernel. `next` goes on
   * with the copies. Returns how many it copied.
   */
  stash(): number {
    const tail = Atomics.load(this.#tailWord, 0);
    const count = (tail - this.#head) >>> 0;
    const rest = this.#stash.subarray(this.#stashAt);
    const stash = new Int32Array(rest.length + count * CQE_WORDS);
    stash.set(rest);
    for (let index = 0; index < count; index++) {
      const at = ((this.#head + index) & this.mask) * CQE_WORDS;
      stash.set(this.words.subarray(at, at + CQE_WORDS), rest.length + index * CQE_WORDS);
    }
    this.#stash = stash;
    this.#stashAt = 0;
    this.#isStashing = true;
    this.#head = tail;
    this.#tail = tail;
    this.release();
    return count;
  }

  /** Moves to the next stashed completion. After the last one the cursor reads from the ring again, and this returns false. */
  #nextStashed(): boolean {
    if (this.stashed === 0) {
      this.#isStashing = false;
      this.#words = this.words;
      return false;
    }
    this.#words = this.#stash;
    this.#at = this.#stashAt;
    this.#stashAt += CQE_WORDS;
    return true;
  }
}
