const CAPACITY_MIN_BYTES = 64 * 1024;

/**
 * Bytes that have arrived and are not yet taken, in one buffer, which grows if they do not fit.
 *
 * `bytes`, `view`, `start` and `end` are borrowed until the next `append`.
 */
export class ByteQueue {
  #bytes = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);
  #start = 0;
  #end = 0;
  #taken = 0;

  /** The buffer. The waiting bytes lie from `start` to before `end`. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** A view of `bytes`, with the same offsets. */
  get view(): DataView {
    return this.#view;
  }

  get start(): number {
    return this.#start;
  }

  get end(): number {
    return this.#end;
  }

  get length(): number {
    return this.#end - this.#start;
  }

  /** Where `start` is in the input, in bytes. */
  get position(): number {
    return this.#taken;
  }

  /** Copies `chunk` behind the waiting bytes. */
  append(chunk: Uint8Array): void {
    if (this.#end + chunk.length > this.#bytes.length) this.#makeRoom(chunk.length);
    this.#bytes.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** Takes `count` waiting bytes. They stay readable until the next `append`. */
  skip(count: number): void {
    this.#start += count;
    this.#taken += count;
  }

  #makeRoom(byteCount: number): void {
    const length = this.length;
    const wanted = length + byteCount;
    if (wanted <= this.#bytes.length) {
      this.#bytes.copyWithin(0, this.#start, this.#end);
    } else {
      const grown = new Uint8Array(Math.max(CAPACITY_MIN_BYTES, 2 * this.#bytes.length, wanted));
      grown.set(this.#bytes.subarray(this.#start, this.#end));
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    this.#start = 0;
    this.#end = length;
  }
}
