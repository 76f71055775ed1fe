import { ArgumentRangeError } from '../../errors.js';
import { errnoName } from '../../sys/errno.js';

/** Which frames of a burst were refused when it was sent. */
export class Refusals {
  /** For each frame 0, or a negative errno. */
  readonly results: Int32Array;
  #isEmpty = true;

  constructor(framesMax: number) {
    this.results = new Int32Array(framesMax);
  }

  /** Whether no frame was refused since `clear`. */
  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  /** Frame `index` is refused with `result`, a negative errno. */
  add(index: number, result: number): void {
    this.results[index] = result;
    this.#isEmpty = false;
  }

  /** Returns the name of the errno of frame `index`, or undefined if it was not refused. */
  nameOf(index: number): string | undefined {
    const result = this.results[index]!;
    return result === 0 ? undefined : errnoName(-result);
  }

  clear(): void {
    if (this.#isEmpty) return;
    this.#isEmpty = true;
    this.results.fill(0);
  }
}

/** What a burst says of its frames. */
interface FramePlaces {
  readonly bytes: Uint8Array;
  readonly headerBytes: number;
  readonly offsets: Int32Array;
  readonly lengths: Int32Array;
  readonly chainCounts: Int32Array;
}

/** Throws a RangeError if `offsets` and `lengths`, which the program may write, put frame `index` outside of the arena. */
export function assertInside(burst: FramePlaces, index: number): void {
  const offset = burst.offsets[index]!;
  const length = burst.lengths[index]!;
  if (length >= 0) {
    if (offset >= burst.headerBytes && offset + length <= burst.bytes.length) return;
    if (burst.chainCounts[index] !== 0) return;
  }
  throw new ArgumentRangeError(
    `cannot send frame ${index}: ${length} bytes from byte ${offset} on lie outside of the memory for frames`,
  );
}
