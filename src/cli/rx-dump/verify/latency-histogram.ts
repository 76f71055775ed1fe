/** Steps in each power of two: a percentile is exact to 1/32 of itself. */
const STEPS = 32;
const STEP_BITS = 5;
/** Powers of two above the first STEPS values: to 2^52 ns, 52 days. */
const OCTAVES = 47;
const BUCKETS = STEPS * (OCTAVES + 1);
const WORD = 0x1_0000_0000;

/** Latencies in nanoseconds, counted in steps that grow with the latency. Its size is fixed. */
export class LatencyHistogram {
  readonly #counts = new Float64Array(BUCKETS);
  #count = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;

  /** Recorded latencies. */
  get count(): number {
    return this.#count;
  }

  /** The smallest, exactly. Below zero if clocks disagree; undefined if none was recorded. */
  get min(): number | undefined {
    return this.#count === 0 ? undefined : this.#min;
  }

  /** The largest, exactly. */
  get max(): number | undefined {
    return this.#count === 0 ? undefined : this.#max;
  }

  /** Counts a latency. */
  record(nanoseconds: number): void {
    this.#count += 1;
    if (nanoseconds < this.#min) this.#min = nanoseconds;
    if (nanoseconds > this.#max) this.#max = nanoseconds;
    this.#counts[bucketOf(nanoseconds)]! += 1;
  }

  /** Counts all that `other` has recorded. */
  add(other: LatencyHistogram): void {
    this.#count += other.#count;
    this.#min = Math.min(this.#min, other.#min);
    this.#max = Math.max(this.#max, other.#max);
    for (let bucket = 0; bucket < BUCKETS; bucket++) this.#counts[bucket]! += other.#counts[bucket]!;
  }

  /** The latency that `fraction` (0 to 1) of them do not exceed, exact to one step. */
  percentile(fraction: number): number | undefined {
    if (this.#count === 0) return undefined;
    const rank = Math.max(1, Math.ceil(fraction * this.#count));
    let seen = 0;
    let bucket = 0;
    for (; bucket < BUCKETS - 1; bucket++) {
      seen += this.#counts[bucket]!;
      if (seen >= rank) break;
    }
    return Math.min(Math.max(middleOf(bucket), this.#min), this.#max);
  }
}

/** The first STEPS buckets have one value each; the first also has all values below zero. */
function bucketOf(nanoseconds: number): number {
  if (!(nanoseconds >= 1)) return 0;
  if (nanoseconds < STEPS) return Math.floor(nanoseconds);
  const octave = octaveOf(nanoseconds) - STEP_BITS;
  const step = Math.floor(nanoseconds / 2 ** octave) - STEPS;
  return Math.min(BUCKETS - 1, STEPS * (octave + 1) + step);
}

function middleOf(bucket: number): number {
  if (bucket < STEPS) return bucket;
  const octave = Math.floor(bucket / STEPS) - 1;
  const width = 2 ** octave;
  return (STEPS + (bucket % STEPS)) * width + Math.floor(width / 2);
}

/** The number of its highest bit. */
function octaveOf(value: number): number {
  return value < WORD ? 31 - Math.clz32(value) : 63 - Math.clz32(value / WORD);
}
