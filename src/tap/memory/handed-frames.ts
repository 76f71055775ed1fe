const COUNT = 0;
const REFUSED = 1;
const ACCEPTED = 2;
const GONE = 3;
const WORDS = 4;

/** Arrays of 32-bit words, one word a frame: offsets, lengths, chain counts and results. */
const FRAME_WORDS = 4;
/** Doubles of the burst itself: when it was sent. */
const TIMES = 1;

/**
 * Frames of a burst as one thread hands them to another: where they lie, and what the kernel answered. It lies in memory
 * that threads share, and one thread at a time uses it: LANE_HANDED and LANE_SENT of `sending/lane-words` say which.
 */
export class HandedFrames {
  /** Where each frame begins in the arena, and its bytes. */
  readonly offsets: Int32Array;
  readonly lengths: Int32Array;
  /** Iovecs of a frame in several pieces, and the address of the first; 0 for a frame in one piece. */
  readonly chainCounts: Int32Array;
  readonly chainAddresses: Float64Array;
  /** 0 for a frame that the kernel took, else a negative errno. */
  readonly results: Int32Array;
  readonly #words: Int32Array;
  readonly #times: Float64Array;

  /** @param index of the burst in `memory`, which `HandedFrames.allocate` returned */
  constructor(memory: SharedArrayBuffer, index: number, framesMax: number) {
    let at = index * byteCount(framesMax);
    const doubles = (count: number) => {
      const array = new Float64Array(memory, at, count);
      at += array.byteLength;
      return array;
    };
    const words = (count: number) => {
      const array = new Int32Array(memory, at, count);
      at += array.byteLength;
      return array;
    };
    this.#times = doubles(TIMES);
    this.chainAddresses = doubles(framesMax);
    this.#words = words(WORDS);
    this.offsets = words(framesMax);
    this.lengths = words(framesMax);
    this.chainCounts = words(framesMax);
    this.results = words(framesMax);
  }

  /** Returns memory for `bursts` bursts of up to `framesMax` frames. */
  static allocate(bursts: number, framesMax: number): SharedArrayBuffer {
    return new SharedArrayBuffer(bursts * byteCount(framesMax));
  }

  /** Frames of the burst. */
  get count(): number {
    return this.#words[COUNT]!;
  }

  set count(count: number) {
    this.#words[COUNT] = count;
  }

  /** Frames that were refused before they were put into a burst: the thread that sends counts them. */
  get refused(): number {
    return this.#words[REFUSED]!;
  }

  set refused(count: number) {
    this.#words[REFUSED] = count;
  }

  /** Frames that the kernel took. */
  get accepted(): number {
    return this.#words[ACCEPTED]!;
  }

  set accepted(count: number) {
    this.#words[ACCEPTED] = count;
  }

  /** Whether the kernel answered that the device was deleted. */
  get gone(): boolean {
    return this.#words[GONE] !== 0;
  }

  set gone(gone: boolean) {
    this.#words[GONE] = Number(gone);
  }

  /** When the kernel had taken the burst: milliseconds of CLOCK_MONOTONIC. */
  get sentMs(): number {
    return this.#times[0]!;
  }

  set sentMs(milliseconds: number) {
    this.#times[0] = milliseconds;
  }
}

/** A multiple of 8, so that the next burst's doubles are aligned. */
function byteCount(framesMax: number): number {
  const doubles = (TIMES + framesMax) * Float64Array.BYTES_PER_ELEMENT;
  return doubles + Math.ceil((WORDS + FRAME_WORDS * framesMax) / 2) * 2 * Int32Array.BYTES_PER_ELEMENT;
}
