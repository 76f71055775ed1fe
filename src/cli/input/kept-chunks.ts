import { ArgumentRangeError } from '../../errors.js';

/** Most that is kept in memory of an input that cannot be read twice. */
const KEPT_BYTES_MAX = 1024 * 1024 * 1024;

/** The chunks of a pipe, kept in memory so that they can be read again. */
export class KeptChunks {
  readonly #chunks: Uint8Array[] = [];
  #byteCount = 0;
  #next = 0;

  /** Bytes of all chunks. */
  get byteCount(): number {
    return this.#byteCount;
  }

  /** Keeps `chunk` itself, not a copy. Throws a RangeError if all of them would take more than 1 GiB. */
  add(chunk: Uint8Array): void {
    this.#byteCount += chunk.length;
    if (this.#byteCount > KEPT_BYTES_MAX) {
      throw new ArgumentRangeError(
        `cannot repeat standard input: more than ${KEPT_BYTES_MAX} bytes would have to be kept in memory`,
      );
    }
    this.#chunks.push(chunk);
  }

  /** The next chunk; undefined after the last. */
  read(): Uint8Array | undefined {
    this.#next += 1;
    return this.#chunks[this.#next - 1];
  }

  /** Starts again with the first chunk. */
  rewind(): void {
    this.#next = 0;
  }
}
