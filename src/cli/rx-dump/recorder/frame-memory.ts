/** Chunks of the memory. More would keep the amount nearer to what was asked for, fewer make it cheaper. */
const CHUNKS = 32;
const CHUNK_BYTES_MIN = 128 * 1024;
const ITEMS_MIN = 1024;

/** A piece of the memory: items one behind the other. */
export class FrameChunk {
  readonly bytes: Buffer<ArrayBuffer>;
  /** Bytes of the items. */
  used = 0;
  /** Items in it. */
  count = 0;
  /** Where each item ends. */
  ends = new Uint32Array(ITEMS_MIN);
  /** The chunk with newer items. */
  next: FrameChunk | undefined;

  constructor(byteCount: number) {
    this.bytes = Buffer.allocUnsafeSlow(byteCount);
  }

  /** Takes the next `byteCount` bytes as an item. */
  commit(byteCount: number): void {
    this.used += byteCount;
    if (this.count === this.ends.length) this.#grow();
    this.ends[this.count] = this.used;
    this.count += 1;
  }

  /** Forgets its items. */
  clear(): void {
    this.used = 0;
    this.count = 0;
    this.next = undefined;
  }

  #grow(): void {
    const ends = new Uint32Array(2 * this.ends.length);
    ends.set(this.ends);
    this.ends = ends;
  }
}

/**
 * The newest frames of a run, encoded as they will stand in a file: the oldest ones make room for new ones. Frames are encoded in place:
 * `reserve`, encode at the offset in `buffer`, `commit`. `buffer` changes with `reserve`.
 *
 * While `isRead` is set, a chunk that has made room here stays as it is for what reads it, and leads to newer ones by `next`. Otherwise it
 * takes new frames.
 */
export class FrameMemory {
  readonly #bytesMax: number;
  readonly #chunkBytes: number;
  /** Whether something reads chunks. */
  isRead = false;
  #first: FrameChunk;
  #last: FrameChunk;
  #allocated: number;

  /** Keeps at most `bytesMax` bytes. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
    this.#chunkBytes = Math.max(Math.ceil(bytesMax / CHUNKS), CHUNK_BYTES_MIN);
    this.#first = new FrameChunk(this.#chunkBytes);
    this.#last = this.#first;
    this.#allocated = this.#chunkBytes;
  }

  /** The chunk with the oldest frames. */
  get first(): FrameChunk {
    return this.#first;
  }

  /** Where the next frame is encoded. */
  get buffer(): Buffer<ArrayBuffer> {
    return this.#last.bytes;
  }

  /** Makes room for a frame of at most `bytesMax` bytes, and returns its offset in `buffer`. */
  reserve(bytesMax: number): number {
    if (this.#last.used + bytesMax > this.#last.bytes.length) this.#append(bytesMax);
    return this.#last.used;
  }

  /** Takes the first `byteCount` bytes of what was reserved as a frame. */
  commit(byteCount: number): void {
    this.#last.commit(byteCount);
  }

  #append(bytesMax: number): void {
    const byteCount = Math.max(this.#chunkBytes, bytesMax);
    let dropped: FrameChunk | undefined;
    while (this.#allocated + byteCount > this.#bytesMax && this.#first !== this.#last)
      dropped = this.#dropFirst();
    const chunk = this.#reuse(dropped, byteCount) ?? new FrameChunk(byteCount);
    this.#allocated += byteCount;
    this.#last.next = chunk;
    this.#last = chunk;
  }

  #dropFirst(): FrameChunk {
    const dropped = this.#first;
    this.#allocated -= dropped.bytes.length;
    this.#first = dropped.next!;
    return dropped;
  }

  /** The kernel clears each new page, which costs time that a used one does not. */
  #reuse(chunk: FrameChunk | undefined, byteCount: number): FrameChunk | undefined {
    if (this.isRead || chunk?.bytes.length !== byteCount) return undefined;
    chunk.clear();
    return chunk;
  }
}
