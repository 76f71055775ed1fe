/** How far back a frame can be told from a duplicate: so many sequence numbers below the highest. A power of two. */
export const WINDOW_NUMBERS = 0x10_0000;

const INDEX_MASK = WINDOW_NUMBERS - 1;

/** What a sequence number is to those before it. */
export type Arrival = 'new' | 'duplicate' | 'stale';

/**
 * Which numbers of a sequence that begins at 0 have arrived: the last WINDOW_NUMBERS one by one, those before as counts.
 * Takes 128 KiB.
 */
export class SequenceWindow {
  readonly #bits = new Uint32Array(WINDOW_NUMBERS / 32);
  #highest = -1;
  #arrived = 0;
  /** Runs of missing numbers that ended below the window, or reach into it. */
  #gapsBelow = 0;
  #missingBelow = false;

  /** The highest number that arrived; -1 for none. */
  get highest(): number {
    return this.#highest;
  }

  /** How many different ones arrived. */
  get arrived(): number {
    return this.#arrived;
  }

  /** How many must have been sent: all up to the highest. */
  get expected(): number {
    return this.#highest + 1;
  }

  get lost(): number {
    return this.expected - this.#arrived;
  }

  /** Runs of numbers that are missing. Looks through the whole window. */
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

  /** Takes `number` as arrived. A `stale` one lies below the window: it was late, or came twice; it counts as lost. */
  take(number: number): Arrival {
    if (number > this.#highest) this.#slide(number);
    else if (number <= this.#highest - WINDOW_NUMBERS) return 'stale';
    else if (this.#has(number)) return 'duplicate';
    this.#bits[(number & INDEX_MASK) >>> 5]! |= 1 << (number & 31);
    this.#arrived += 1;
    return 'new';
  }

  /** Moves the window up to `highest`: what falls out of it is counted, and its place is cleared. */
  #slide(highest: number): void {
    const jump = highest - this.#highest;
    const first = this.#highest + 1 - WINDOW_NUMBERS;
    const end = first + Math.min(jump, WINDOW_NUMBERS);
    for (let leaving = first; leaving < end; )
      leaving += this.#isBlank(leaving, end) ? 32 : this.#drop(leaving);
    // Further ones have never been in the window.
    if (jump > WINDOW_NUMBERS) this.#leaveMissing();
    this.#highest = highest;
  }

  /** Whether 32 numbers from `number` on, all before `end`, are missing: wide leaps are made of such. Counts them. */
  #isBlank(number: number, end: number): boolean {
    if ((number & 31) !== 0 || number + 32 > end || this.#bits[(number & INDEX_MASK) >>> 5] !== 0)
      return false;
    if (number >= 0) this.#leaveMissing();
    return true;
  }

  /** Lets one number go; returns how many that were. */
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
