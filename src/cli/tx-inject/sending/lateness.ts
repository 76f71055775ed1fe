const MICROSECONDS = 1e6;

/** Up to here each microsecond has a count of its own. Above, 64 counts share each power of two (1.6 %). */
const EXACT_MICROSECONDS = 128;
const COUNTS_PER_DOUBLING = 64;
const EXACT_BITS = 7;
/** Longer times are counted as this one: 35 minutes. */
const MICROSECONDS_MAX = 0x7fff_ffff;
const COUNTS = EXACT_MICROSECONDS + (31 - EXACT_BITS) * COUNTS_PER_DOUBLING;

/** How late frames were, in a histogram of fixed size. A frame costs no allocation. */
export class Lateness {
  readonly #counts = new Float64Array(COUNTS);
  #total = 0;
  #longest = 0;

  /** Records that a frame left `seconds` after it was due. Less than 0 counts as 0. */
  record(seconds: number): void {
    const late = Math.min(Math.max(Math.round(seconds * MICROSECONDS), 0), MICROSECONDS_MAX);
    const at = placeOf(late);
    this.#counts[at] = this.#counts[at]! + 1;
    this.#total += 1;
    if (late > this.#longest) this.#longest = late;
  }

  /** Recorded frames. */
  get count(): number {
    return this.#total;
  }

  /** The longest time, in microseconds. */
  get longest(): number {
    return this.#longest;
  }

  /** The microseconds that `fraction` (above 0, up to 1) of the frames did not exceed; at most 1.6 % too many. */
  percentile(fraction: number): number {
    const wanted = Math.max(1, Math.ceil(this.#total * fraction));
    let seen = 0;
    for (let at = 0; at < COUNTS; at++) {
      seen += this.#counts[at]!;
      if (seen >= wanted) return Math.min(largestAt(at), this.#longest);
    }
    return this.#longest;
  }
}

function placeOf(microseconds: number): number {
  if (microseconds < EXACT_MICROSECONDS) return microseconds;
  const doublings = 31 - Math.clz32(microseconds) - EXACT_BITS;
  const within = (microseconds >>> (doublings + 1)) - COUNTS_PER_DOUBLING;
  return EXACT_MICROSECONDS + doublings * COUNTS_PER_DOUBLING + within;
}

function largestAt(place: number): number {
  if (place < EXACT_MICROSECONDS) return place;
  const doublings = Math.floor((place - EXACT_MICROSECONDS) / COUNTS_PER_DOUBLING);
  const within = (place - EXACT_MICROSECONDS) % COUNTS_PER_DOUBLING;
  return (COUNTS_PER_DOUBLING + within + 1) * 2 ** (doublings + 1) - 1;
}
