const LEFT = 0;
const TAKEN = 1;
const LIMIT = 2;
const WORDS = 3;

/**
 * Frames that several threads may take in all, and not one more. Each thread reserves frames before it asks the
 * kernel, and settles how many came.
 *
 * With a limit, a burst costs four atomic operations on 64-bit words, which Node offers only as BigInts. Without a
 * limit it costs nothing.
 */
export class FrameBudget {
  readonly #words: BigInt64Array | undefined;

  /** @param memory from `FrameBudget.allocate`; undefined for no limit */
  constructor(memory: SharedArrayBuffer | undefined) {
    this.#words = memory === undefined ? undefined : new BigInt64Array(memory);
  }

  /** Returns memory for a budget of `frames`, which threads share. */
  static allocate(frames: number): SharedArrayBuffer {
    const memory = new SharedArrayBuffer(WORDS * BigInt64Array.BYTES_PER_ELEMENT);
    const words = new BigInt64Array(memory);
    words[LEFT] = BigInt(frames);
    words[LIMIT] = BigInt(frames);
    return memory;
  }

  /**
   * Reserves up to `frames`. Returns how many. 0 does not mean the end: other threads may have reserved frames that
   * they will not take.
   */
  reserve(frames: number): number {
    if (this.#words === undefined) return frames;
    const before = Number(Atomics.sub(this.#words, LEFT, BigInt(frames)));
    const reserved = Math.max(0, Math.min(frames, before));
    Atomics.add(this.#words, LEFT, BigInt(frames - reserved));
    return reserved;
  }

  /** Notes that only `taken` of `reserved` frames came, and frees the others. */
  settle(reserved: number, taken: number): void {
    if (this.#words === undefined) return;
    Atomics.add(this.#words, TAKEN, BigInt(taken));
    Atomics.add(this.#words, LEFT, BigInt(reserved - taken));
  }

  /** Whether all frames were taken. */
  get spent(): boolean {
    return this.#words !== undefined && Atomics.load(this.#words, TAKEN) >= this.#words[LIMIT]!;
  }
}
