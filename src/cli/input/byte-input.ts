/** Bytes in chunks; a chunk is borrowed until the next `read`. */
export interface ByteInput extends Disposable {
  /** The next chunk; undefined at the end. Lies in `room`, at its beginning, if there is room for `roomBytes` or more. */
  read(room?: Uint8Array): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /** Bytes of room for the next chunk; 0 if it lies in memory of its own. */
  readonly roomBytes: number;
  /** Ends the input here; a `read` that waits settles with undefined. */
  cancel(): void;
  /** Starts again with the first chunk. */
  rewind(): void;
  /** Bytes of the whole input; undefined while that is unknown. */
  readonly byteCount: number | undefined;
}
