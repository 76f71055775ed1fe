import { closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs';
import { Socket } from 'node:net';
import { ArgumentRangeError } from '../../errors.js';
import { fileRefused } from '../../tap/state/file-refusal.js';

const CHUNK_BYTES = 1024 * 1024;
/** What of standard input is kept in memory to be repeated. */
const KEPT_BYTES_MAX = 1024 * 1024 * 1024;

/** Bytes in chunks; a chunk is borrowed until the next one. */
export interface ByteInput extends Disposable {
  /** The next chunk; undefined at the end. */
  read(): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /** Ends the input here, and a `read` that waits. */
  cancel(): void;
  /** Begins again. */
  rewind(): void;
  /** Its length in bytes; undefined while that is unknown. */
  readonly byteCount: number | undefined;
}

/** The input that `path` names: a regular file, or a pipe, as `<(command)` makes one. Throws Node's error where it cannot be opened. */
export function openInput(path: string, repeated: boolean): ByteInput {
  const fd = openSync(path, 'r');
  const kind = fstatSync(fd);
  if (kind.isFile()) return new FileInput(fd);
  if (kind.isDirectory()) {
    closeSync(fd);
    throw fileRefused('read', path, 'EISDIR');
  }
  // As Node reads standard input: a read of a pipe in Node's thread pool could not be given up.
  const stream = kind.isFIFO()
    ? new Socket({ fd, readable: true, writable: false })
    : createReadStream(path, { fd });
  return new StreamInput(stream, repeated);
}

/** A regular file. */
export class FileInput implements ByteInput {
  readonly byteCount: number;
  readonly #fd: number;
  readonly #chunk = new Uint8Array(CHUNK_BYTES);
  #position = 0;
  #open = true;
  #cancelled = false;

  /** Takes `fd` over. */
  constructor(fd: number) {
    this.#fd = fd;
    this.byteCount = fstatSync(fd).size;
  }

  read(): Uint8Array | undefined {
    if (this.#cancelled) return undefined;
    const count = readSync(this.#fd, this.#chunk, 0, CHUNK_BYTES, this.#position);
    this.#position += count;
    return count === 0 ? undefined : this.#chunk.subarray(0, count);
  }

  cancel(): void {
    this.#cancelled = true;
  }

  rewind(): void {
    this.#position = 0;
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#fd);
  }
}

/** A stream, such as standard input. */
export class StreamInput implements ByteInput {
  readonly #stream: NodeJS.ReadableStream;
  readonly #chunks: AsyncIterator<Uint8Array | string>;
  readonly #keep: boolean;
  readonly #kept: Uint8Array[] = [];
  #keptBytes = 0;
  #replayAt = -1;
  #cancelled = false;

  /** Keeps what it reads in memory where it is to be repeated (`keep`). */
  constructor(stream: NodeJS.ReadableStream, keep: boolean) {
    this.#stream = stream;
    this.#chunks = stream[Symbol.asyncIterator]();
    this.#keep = keep;
  }

  async read(): Promise<Uint8Array | undefined> {
    if (this.#replayAt >= 0) {
      this.#replayAt += 1;
      return this.#kept[this.#replayAt - 1];
    }
    const { done, value } = await this.#next();
    if (done === true) return undefined;
    const chunk = typeof value === 'string' ? new TextEncoder().encode(value) : value;
    if (this.#keep) this.#remember(chunk);
    return chunk;
  }

  cancel(): void {
    this.#cancelled = true;
    this[Symbol.dispose]();
  }

  rewind(): void {
    this.#replayAt = 0;
  }

  get byteCount(): number | undefined {
    return this.#replayAt < 0 ? undefined : this.#keptBytes;
  }

  [Symbol.dispose](): void {
    // An open pipe would keep the process alive.
    if ('destroy' in this.#stream && typeof this.#stream.destroy === 'function') this.#stream.destroy();
  }

  async #next(): Promise<IteratorResult<Uint8Array | string>> {
    try {
      return await this.#chunks.next();
    } catch (error) {
      // A stream that is destroyed while it is read says that it ended too early.
      if (this.#cancelled) return { done: true, value: undefined };
      throw error;
    }
  }

  #remember(chunk: Uint8Array): void {
    this.#keptBytes += chunk.length;
    if (this.#keptBytes > KEPT_BYTES_MAX) {
      throw new ArgumentRangeError(
        `cannot repeat standard input: more than ${KEPT_BYTES_MAX} bytes would have to be kept in memory`,
      );
    }
    this.#kept.push(chunk);
  }
}
