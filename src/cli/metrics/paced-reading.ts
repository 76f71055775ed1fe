import { setTimeout as wait } from 'node:timers/promises';

/**
 * Reads something for many requests, at most once in an interval. A request that comes earlier waits for the next reading,
 * and shares it with all others that wait. So no answer is older than its request.
 */
export class PacedReading<T> {
  readonly #read: () => T | Promise<T>;
  readonly #intervalMs: number;
  #lastMs = Number.NEGATIVE_INFINITY;
  #next: Promise<T> | undefined;
  /** Settles when the present reading is done, whatever comes of it. */
  #present: Promise<unknown> | undefined;

  constructor(read: () => T | Promise<T>, intervalMs: number) {
    this.#read = read;
    this.#intervalMs = intervalMs;
  }

  /** Resolves with what was read, of which all requests share one copy. Rejects with the error of `read`. */
  next(): Promise<T> {
    this.#next ??= this.#readInTime();
    return this.#next;
  }

  async #readInTime(): Promise<T> {
    await this.#present;
    const delayMs = this.#lastMs + this.#intervalMs - performance.now();
    // At least one turn: requests that arrived together share the reading.
    await wait(Math.max(Math.ceil(delayMs), 0));
    this.#next = undefined;
    const reading = this.#readNow();
    this.#present = Promise.allSettled([reading]);
    return reading;
  }

  async #readNow(): Promise<T> {
    try {
      return await this.#read();
    } finally {
      this.#lastMs = performance.now();
    }
  }
}
