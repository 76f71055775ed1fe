/** Settled items are forgotten when there are so many. */
const SETTLED_MAX = 65_536;

/** Which items of a stream of bytes are completely written, and where the last of them ends. */
export class PendingItems {
  /** Where each item ends that was not settled yet when last looked at, in bytes from the first one. */
  #ends: number[] = [];
  /** Where the last of the forgotten ones ends. */
  #settledBytes = 0;
  /** Where those end that are no items of the caller's. */
  #framingEnds: number[] = [];
  #queuedBytes = 0;
  #writtenBytes = 0;

  /** An item of `bytes` bytes waits to be written. */
  queue(bytes: number): void {
    this.#queuedBytes += bytes;
    this.#ends.push(this.#queuedBytes);
    if (this.#ends.length > SETTLED_MAX) this.#forgetSettled();
  }

  /** Bytes that count for no item wait to be written: a head or a tail. They are whole or not as items are. */
  queueFraming(bytes: number): void {
    this.queue(bytes);
    this.#framingEnds.push(this.#queuedBytes);
  }

  /** So many bytes more were written. */
  written(bytes: number): void {
    this.#writtenBytes += bytes;
    if (this.#writtenBytes !== this.#queuedBytes) return;
    this.#ends.length = 0;
    this.#framingEnds.length = 0;
    this.#settledBytes = this.#queuedBytes;
  }

  /** Items that are not written, or not to their end. */
  get unfinished(): number {
    return this.#countUnwritten(this.#ends) - this.#countUnwritten(this.#framingEnds);
  }

  /** Bytes written of an item that is not finished. */
  get brokenBytes(): number {
    const first = this.#ends.findIndex((end) => end > this.#writtenBytes);
    if (first < 0) return 0;
    const begin = first === 0 ? this.#settledBytes : this.#ends[first - 1]!;
    return Math.max(0, this.#writtenBytes - begin);
  }

  #countUnwritten(ends: readonly number[]): number {
    return ends.reduce((count, end) => (end > this.#writtenBytes ? count + 1 : count), 0);
  }

  #forgetSettled(): void {
    const first = this.#ends.findIndex((end) => end > this.#writtenBytes);
    if (first <= 0) return;
    this.#settledBytes = this.#ends[first - 1]!;
    this.#ends = this.#ends.slice(first);
  }
}
