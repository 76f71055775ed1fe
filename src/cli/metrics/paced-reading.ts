import { setTimeout as wait } from 'node:timers/promises';

/**
 * Makes a text for many requests, at most once in an interval. A request that comes earlier waits for the next text,
 * and shares it with all others that wait. So no answer is older than its request.
 */
export class PacedReading {
  readonly #read: () => string;
  readonly #intervalMs: number;
  #lastMs = Number.NEGATIVE_INFINITY;
  #next: Promise<Buffer> | undefined;

  constructor(read: () => string, intervalMs: number) {
    this.#read = read;
    this.#intervalMs = intervalMs;
  }

  /** Resolves with the text, of which all requests share one copy. Rejects with the error of `read`. */
  next(): Promise<Buffer> {
    this.#next ??= this.#readInTime();
    return this.#next;
  }

  async #readInTime(): Promise<Buffer> {
    const delayMs = this.#lastMs + this.#intervalMs - performance.now();
    // At least one turn: requests that arrived together share the text.
    await wait(Math.max(Math.ceil(delayMs), 0));
    this.#next = undefined;
    try {
      return Buffer.from(this.#read());
    } finally {
      this.#lastMs = performance.now();
    }
  }
}
