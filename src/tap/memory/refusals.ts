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

  /** Notes that frame `index` was refused with `result`, a negative errno. */
  add(index: number, result: number): void {
    this.results[index] = result;
    this.#isEmpty = false;
  }

  /** Takes over what another thread noted: `results` of a burst in which a frame was refused. */
  copy(results: Int32Array): void {
    this.results.set(results);
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
