import type { ByteInput } from './byte-input.js';
import { KeptChunks } from './kept-chunks.js';

/** A stream, such as standard input. */
export class StreamInput implements ByteInput {
  readonly roomBytes = 0;
  readonly #stream: NodeJS.ReadableStream;
  readonly #chunks: AsyncIterator<Uint8Array | string>;
  readonly #kept: KeptChunks | undefined;
  #replays = false;
  #cancelled = false;

  /** An input that is `repeated` is kept in memory: only then may `rewind` be called. */
  constructor(stream: NodeJS.ReadableStream, repeated: boolean) {
    this.#stream = stream;
    this.#chunks = stream[Symbol.asyncIterator]();
    this.#kept = repeated ? new KeptChunks() : undefined;
  }

  async read(): Promise<Uint8Array | undefined> {
    if (this.#replays) return this.#kept?.read();
    const { done, value } = await this.#next();
    if (done === true) return undefined;
    const chunk = typeof value === 'string' ? new TextEncoder().encode(value) : value;
    this.#kept?.add(chunk);
    return chunk;
  }

  cancel(): void {
    this.#cancelled = true;
    this[Symbol.dispose]();
  }

  rewind(): void {
    this.#replays = true;
    this.#kept?.rewind();
  }

  get byteCount(): number | undefined {
    return this.#replays ? this.#kept?.byteCount : undefined;
  }

  [Symbol.dispose](): void {
    // An open pipe would keep the process alive.
    if ('destroy' in this.#stream && typeof this.#stream.destroy === 'function') this.#stream.destroy();
  }

  async #next(): Promise<IteratorResult<Uint8Array | string>> {
    try {
      return await this.#chunks.next();
    } catch (error) {
      // Node reports a stream that is destroyed during a read as one that closed prematurely.
      if (this.#cancelled) return { done: true, value: undefined };
      throw error;
    }
  }
}
