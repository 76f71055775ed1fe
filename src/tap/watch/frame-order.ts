/** Frames for which there is room at first. It grows by itself. */
const ROOM_MIN = 4096;

/**
 * Puts frames in the order of their times: a list of times and places, in typed arrays, so that no frame costs an object.
 * `add` frames, `sort` them, then read `times` and `places` from `first` to `end`, and move `first`. Frames of equal times keep
 * the order in which they were added.
 *
 * A merge sort of the runs that are there already: frames of one block of a ring are nearly always one run, and a sorted list
 * costs one comparison a frame.
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
    const { end } = this;
    if (end === this.times.length) this.#grow();
    if (this.#runs === 0 || time < this.times[end - 1]!) this.#begin(end);
    this.times[end] = time;
    this.places[end] = place;
    this.end = end + 1;
  }

  /** Frames that have not been taken. */
  get count(): number {
    return this.end - this.first;
  }

  /** Moves the frames that are left to the front, so that further ones find room. They must be sorted. */
  compact(): void {
    const { first, end } = this;
    if (first === 0) return;
    this.times.copyWithin(0, first, end);
    this.places.copyWithin(0, first, end);
    this.first = 0;
    this.end = end - first;
    this.#runs = 0;
    if (this.end > 0) this.#begin(0);
  }

  /** Sorts what was added since `compact` into what was left. */
  sort(): void {
    while (this.#runs > 1) this.#mergePairs();
  }

  #begin(at: number): void {
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
    [this.times, this.#otherTimes] = [this.#otherTimes, this.times];
    [this.places, this.#otherPlaces] = [this.#otherPlaces, this.places];
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

  #grow(): void {
    this.times = widened(this.times, Float64Array);
    this.places = widened(this.places, Int32Array);
    this.#otherTimes = new Float64Array(this.times.length);
    this.#otherPlaces = new Int32Array(this.places.length);
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
