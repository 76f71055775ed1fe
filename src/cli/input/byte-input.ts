/** Bytes in chunks; a chunk is borrowed until the next `read`. */
export interface ByteInput extends Disposable {
  /** The next chunk; undefined at the end. */
  read(): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /** Ends the input here; a `read` that waits settles with undefined. */
  cancel(): void;
  /** Starts again with the first chunk. */
  rewind(): void;
  /** Bytes of the whole input; undefined while that is unknown. */
  readonly byteCount: number | undefined;
}
