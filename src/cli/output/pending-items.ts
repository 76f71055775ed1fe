/** Settled items are forgotten when there are so many. */
const SETTLED_MAX = 65_536;

/** Which items of a stream of bytes are completely written, and where the last of them ends. */
export class PendingItems {
  /** Where each item ends that is not forgotten, in bytes from the first one. */
  #ends: number[] = [];
  /** How many of these are written. */
  #settled = 0;
  /** Where the last of the forgotten ones ends. */
  #settledBytes = 0;
  /** Where those end that are no items of the caller's. */
  #framingEnds: number[] = [];
  #queuedBytes = 0;
  #writtenBytes = 0;

  /** Bytes of all items, heads and tails so far. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** An item of `bytes` bytes waits to be written. */
  queue(bytes: number): void {
    this.#queuedBytes += bytes;
    // An empty one that waits for none is written already.
    if (this.#queuedBytes > this.#writtenBytes) this.#ends.push(this.#queuedBytes);
  }

  /** Bytes that count for no item wait to be written: a head or a tail. They are whole or not as items are. */
  queueFraming(bytes: number): void {
    this.queue(bytes);
    this.#framingEnds.push(this.#queuedBytes);
  }

  /** So many bytes more were written. */
  written(bytes: number): void {
    this.#writtenBytes += bytes;
    if (this.#writtenBytes === this.#queuedBytes) {
      this.#settled = this.#ends.length;
      this.#framingEnds.length = 0;
      this.#forgetSettled();
      return;
    }
    while (this.#ends[this.#settled]! <= this.#writtenBytes) this.#settled += 1;
    if (this.#settled > SETTLED_MAX) this.#forgetSettled();
  }

  /** Items that are not written, or not to their end. */
  get unfinished(): number {
    const framing = this.#framingEnds.filter((end) => end > this.#writtenBytes).length;
    return this.#ends.length - this.#settled - framing;
  }

  /** Bytes written of an item that is not finished. */
  get brokenBytes(): number {
    const begin = this.#settled === 0 ? this.#settledBytes : this.#ends[this.#settled - 1]!;
    return Math.max(0, this.#writtenBytes - begin);
  }

  #forgetSettled(): void {
    if (this.#settled === 0) return;
    this.#settledBytes = this.#ends[this.#settled - 1]!;
    this.#ends = this.#ends.slice(this.#settled);
    this.#settled = 0;
  }
}
