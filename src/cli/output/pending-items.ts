/** Settled items are forgotten when there are so many. */
const SETTLED_MAX = 4096;
const CAPACITY_MIN = 4096;

/** Which items of a stream of bytes are completely written, and where the last of them ends. */
export class PendingItems {
  /** Where each remembered item ends, in bytes from the first one. An array of fixed kind: a frame costs no allocation. */
  #ends = new Float64Array(CAPACITY_MIN);
  /** Items that are remembered. */
  #count = 0;
  /** Those of them that are written. */
  #settled = 0;
  /** Where the last forgotten item ends. */
  #settledBytes = 0;
  /** Where heads and tails end, which are no items of the caller. */
  #framingEnds: number[] = [];
  #queuedBytes = 0;
  #writtenBytes = 0;

  /** Bytes of all items, heads and tails so far. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Bytes that were written so far. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  /** Adds an item of `bytes` bytes that waits to be written. */
  queue(bytes: number): void {
    this.#queuedBytes += bytes;
    // An empty item behind written ones is written already.
    if (this.#queuedBytes === this.#writtenBytes) return;
    if (this.#count === this.#ends.length) this.#grow();
    this.#ends[this.#count] = this.#queuedBytes;
    this.#count += 1;
  }

  /** Adds a head or a tail. It is whole or not, as items are, but does not count as one. */
  queueFraming(bytes: number): void {
    this.queue(bytes);
    this.#framingEnds.push(this.#queuedBytes);
  }

  /** Says that `bytes` more bytes were written. */
  written(bytes: number): void {
    this.#writtenBytes += bytes;
    if (this.#writtenBytes === this.#queuedBytes) {
      this.#settled = this.#count;
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
    return this.#count - this.#settled - framing;
  }

  /** Bytes written of an item that is not finished. */
  get brokenBytes(): number {
    const begin = this.#settled === 0 ? this.#settledBytes : this.#ends[this.#settled - 1]!;
    return Math.max(0, this.#writtenBytes - begin);
  }

  #grow(): void {
    const grown = new Float64Array(2 * this.#ends.length);
    grown.set(this.#ends);
    this.#ends = grown;
  }

  #forgetSettled(): void {
    if (this.#settled === 0) return;
    this.#settledBytes = this.#ends[this.#settled - 1]!;
    this.#ends.copyWithin(0, this.#settled, this.#count);
    this.#count -= this.#settled;
    this.#settled = 0;
  }
}
