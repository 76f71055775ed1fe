/** Frames for which there is room at first. It grows by itself. */
const ROOM_MIN = 4096;

/**
 * Puts frames in the order of their times: a list of times and places, in typed arrays, so that no frame costs an object.
 * `add` frames, `sort` them, then read `times` and `places` from `first` to `end`, and move `first`. Frames of equal times keep
 * the order in which they were added.
 *
 * A merge sort of the runs that are there already: frames of one block of a ring are nearly always one run. A list that is sorted
 * costs one comparison a frame, and what is older than all new frames is left where it is.
 */
export class FrameOrder {
  /** When each frame came, in nanoseconds since a moment that the caller chooses. */
  times = new Float64Array(ROOM_MIN);
  /** Where each frame lies. */
  places = new Int32Array(ROOM_MIN);
  /** The first frame that has not been taken. The reader moves it. */
  first = 0;
  /** Behind the last frame. */
  end = 0;
  #otherTimes = new Float64Array(ROOM_MIN);
  #otherPlaces = new Int32Array(ROOM_MIN);
  #starts = new Int32Array(64);
  #runs = 0;

  /** Adds a frame behind the others. `sort` comes before the next reading. */
  add(time: number, place: number): void {
    this.reserve(1);
    const { end } = this;
    if (end > this.first && time < this.times[end - 1]!) this.beginRun(end);
    this.times[end] = time;
    this.places[end] = place;
    this.end = end + 1;
  }

  /**
   * Makes room for `count` frames, for a caller that stores them itself, as `add` does: a time that is handed to a function can cost
   * an object of V8's heap.
   */
  reserve(count: number): void {
    while (this.end + count > this.times.length) this.#makeRoom();
  }

  /** Frames that have not been taken. */
  get count(): number {
    return this.end - this.first;
  }

  /** Sorts what was added since the last call into what was left. */
  sort(): void {
    if (this.#runs === 0) return;
    this.#skipOrdered();
    while (this.#runs > 1) this.#mergePairs();
    this.#runs = 0;
  }

  /** Leaves out of the merge what is older than all that was added: the first run begins behind it. */
  #skipOrdered(): void {
    let least = Number.POSITIVE_INFINITY;
    for (let run = 0; run < this.#runs; run++) least = Math.min(least, this.times[this.#starts[run]!]!);
    let low = this.first;
    let high = this.#starts[0]!;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.times[middle]! <= least) low = middle + 1;
      else high = middle;
    }
    // One more run, before the others.
    this.beginRun(0);
    this.#starts.copyWithin(1, 0, this.#runs - 1);
    this.#starts[0] = low;
  }

  /** Notes that the frame at `at` is older than the one before it, so that a run begins there. */
  beginRun(at: number): void {
    if (this.#runs === this.#starts.length) this.#starts = widened(this.#starts, Int32Array);
    this.#starts[this.#runs] = at;
    this.#runs += 1;
  }

  #mergePairs(): void {
    const { end } = this;
    let merged = 0;
    for (let run = 0; run < this.#runs; run += 2) {
      const start = this.#starts[run]!;
      const middle = run + 1 < this.#runs ? this.#starts[run + 1]! : end;
      this.#merge(start, middle, run + 2 < this.#runs ? this.#starts[run + 2]! : end);
      this.#starts[merged] = start;
      merged += 1;
    }
    this.#runs = merged;
    const start = this.#starts[0]!;
    this.times.set(this.#otherTimes.subarray(start, end), start);
    this.places.set(this.#otherPlaces.subarray(start, end), start);
  }

  /** Merges the runs [start, middle) and [middle, end) into the other arrays. */
  #merge(start: number, middle: number, end: number): void {
    const { times, places } = this;
    const toTimes = this.#otherTimes;
    const toPlaces = this.#otherPlaces;
    let left = start;
    let right = middle;
    for (let at = start; at < end; at++) {
      const from = right === end || (left < middle && times[left]! <= times[right]!) ? left++ : right++;
      toTimes[at] = times[from]!;
      toPlaces[at] = places[from]!;
    }
  }

  /** Moves what is left to the front, or grows if that is no gain. */
  #makeRoom(): void {
    const { first, end } = this;
    if (first < this.times.length / 2) {
      this.times = widened(this.times, Float64Array);
      this.places = widened(this.places, Int32Array);
      this.#otherTimes = new Float64Array(this.times.length);
      this.#otherPlaces = new Int32Array(this.places.length);
      return;
    }
    this.times.copyWithin(0, first, end);
    this.places.copyWithin(0, first, end);
    for (let run = 0; run < this.#runs; run++) this.#starts[run]! -= first;
    this.first = 0;
    this.end = end - first;
  }
}

function widened<Numbers extends Int32Array | Float64Array>(
  numbers: Numbers,
  kind: new (length: number) => Numbers,
): Numbers {
  const wider = new kind(2 * numbers.length);
  wider.set(numbers);
  return wider;
}
