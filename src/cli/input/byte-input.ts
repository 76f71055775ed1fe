/** Bytes in chunks; a chunk is borrowed until the next `read`. */
export interface ByteInput extends Disposable {
  /**
   * The next chunk; undefined at the end. If `roomBytes` is not 0 and `room` is given, the chunk lies at the beginning of `room`,
   * which must have `roomBytes` bytes or more.
   */
  read(room?: Uint8Array): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /** Bytes of room that a chunk needs; 0 for an input that reads into memory of its own. */
  readonly roomBytes: number;
  /** Ends the input here; a `read` that waits settles with undefined. */
  cancel(): void;
  /** Starts again with the first chunk. */
  rewind(): void;
  /** Bytes of the whole input; undefined while that is unknown. */
  readonly byteCount: number | undefined;
}
