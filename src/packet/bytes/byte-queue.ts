const CAPACITY_MIN_BYTES = 64 * 1024;

/**
 * Bytes that have arrived and are not yet taken, in one buffer. If they do not fit, a larger buffer takes its place.
 *
 * `bytes`, `view`, `start` and `end` are borrowed until the next `append`, `room` or `restart`.
 */
export class ByteQueue {
  #bytes: Uint8Array;
  #view: DataView;
  #start = 0;
  #end = 0;
  #taken = 0;

  /** The first buffer. */
  readonly #first: Uint8Array;
  readonly #beforeReuse: () => void;

  /**
   * Borrows `first` as its first buffer. `beforeReuse` is called before bytes that were taken are overwritten. Until then they
   * stay as they are.
   */
  constructor(first: Uint8Array = new Uint8Array(0), beforeReuse: () => void = () => {}) {
    this.#first = first;
    this.#beforeReuse = beforeReuse;
    this.#bytes = first;
    this.#view = viewOf(first);
  }

  /** Forgets the waiting bytes, and begins with another input. */
  restart(): void {
    this.#start = this.#end;
    this.#taken = 0;
    if (this.#bytes === this.#first) return;
    this.#beforeReuse();
    this.#bytes = this.#first;
    this.#view = viewOf(this.#first);
    this.#start = this.#end = 0;
  }

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
    this.room(chunk.length).set(chunk);
    this.fill(chunk.length);
  }

  /** Room for `byteCount` bytes behind the waiting ones. Borrowed until the next call. */
  room(byteCount: number): Uint8Array {
    if (this.#end + byteCount > this.#bytes.length) this.#makeRoom(byteCount);
    return this.#bytes.subarray(this.#end, this.#end + byteCount);
  }

  /** Lets the first `byteCount` bytes of `room` wait. */
  fill(byteCount: number): void {
    this.#end += byteCount;
  }

  /** Takes `count` waiting bytes. They stay readable until the next `append`, `room` or `restart`. */
  skip(count: number): void {
    this.#start += count;
    this.#taken += count;
  }

  #makeRoom(byteCount: number): void {
    const length = this.length;
    const wanted = length + byteCount;
    if (wanted <= this.#bytes.length) {
      this.#beforeReuse();
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

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
