/** Sequence numbers below the highest within which a late frame is distinguished from a duplicate. A power of two. */
export const WINDOW_NUMBERS = 0x10_0000;

const INDEX_MASK = WINDOW_NUMBERS - 1;

/** How a sequence number relates to those before it. */
export type Arrival = 'new' | 'duplicate' | 'stale';

/**
 * Which numbers of a sequence that begins at 0 have arrived: a bit for each of the last WINDOW_NUMBERS, counts for those
 * before. Takes 128 KiB.
 */
export class SequenceWindow {
  readonly #bits = new Uint32Array(WINDOW_NUMBERS / 32);
  #highest = -1;
  #arrived = 0;
  /** Runs of missing numbers that ended below the window or reach into it. */
  #gapsBelow = 0;
  #missingBelow = false;

  /** The highest number that arrived; -1 for none. */
  get highest(): number {
    return this.#highest;
  }

  /** Different numbers that arrived. */
  get arrived(): number {
    return this.#arrived;
  }

  /** Numbers that must have been sent: all up to the highest. */
  get expected(): number {
    return this.#highest + 1;
  }

  get lost(): number {
    return this.expected - this.#arrived;
  }

  /** Runs of missing numbers. Reads the whole window. */
  get gaps(): number {
    let gaps = this.#gapsBelow;
    let missing = this.#missingBelow;
    for (let number = Math.max(0, this.expected - WINDOW_NUMBERS); number <= this.#highest; number++) {
      const here = this.#has(number);
      if (!here && !missing) gaps += 1;
      missing = !here;
    }
    return gaps;
  }

  /** Records that `number` arrived. A `stale` number is below the window: late or a duplicate. It counts as lost. */
  take(number: number): Arrival {
    if (number > this.#highest) this.#slide(number);
    else if (number <= this.#highest - WINDOW_NUMBERS) return 'stale';
    else if (this.#has(number)) return 'duplicate';
    this.#bits[(number & INDEX_MASK) >>> 5]! |= 1 << (number & 31);
    this.#arrived += 1;
    return 'new';
  }

  /** Moves the window up to `highest`. Counts the numbers that leave it, and clears their bits. */
  #slide(highest: number): void {
    const jump = highest - this.#highest;
    const first = this.#highest + 1 - WINDOW_NUMBERS;
    const end = first + Math.min(jump, WINDOW_NUMBERS);
    for (let leaving = first; leaving < end; )
      leaving += this.#isBlank(leaving, end) ? 32 : this.#drop(leaving);
    // The numbers beyond never were in the window: all are missing.
    if (jump > WINDOW_NUMBERS) this.#leaveMissing();
    this.#highest = highest;
  }

  /** Whether the 32 numbers from `number` on, all before `end`, are missing, as most of a wide jump are. Counts them then. */
  #isBlank(number: number, end: number): boolean {
    if ((number & 31) !== 0 || number + 32 > end || this.#bits[(number & INDEX_MASK) >>> 5] !== 0)
      return false;
    if (number >= 0) this.#leaveMissing();
    return true;
  }

  /** Lets one number leave the window; returns 1. */
  #drop(number: number): number {
    if (number >= 0) this.#leave(number);
    this.#clear(number);
    return 1;
  }

  #leave(number: number): void {
    if (this.#has(number)) this.#missingBelow = false;
    else this.#leaveMissing();
  }

  #leaveMissing(): void {
    if (!this.#missingBelow) this.#gapsBelow += 1;
    this.#missingBelow = true;
  }

  #has(number: number): boolean {
    return (this.#bits[(number & INDEX_MASK) >>> 5]! & (1 << (number & 31))) !== 0;
  }

  #clear(number: number): void {
    this.#bits[(number & INDEX_MASK) >>> 5]! &= ~(1 << (number & 31));
  }
}
