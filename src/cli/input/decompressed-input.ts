import { captureError } from '../../packet/capture/capture-errors.js';
import type { ByteInput } from './byte-input.js';
import { type Decompression, MAGIC_BYTES_MAX, makeDecompression } from './decompression.js';

const NO_BYTES = new Uint8Array(0);

type Fault = Pick<Error, 'message'> & { readonly code?: string };

const CUT: Fault = { code: 'Z_BUF_ERROR', message: 'unexpected end of file' };
const NO_FRAME: Fault = { message: 'no frame begins behind a frame' };

/** Another input, decompressed if its first bytes say that it is gzip or zstd data, whatever its name. */
export class DecompressedInput implements ByteInput {
  readonly #input: ByteInput;
  readonly #name: string;
  #begun = false;
  /** The first bytes, while they are too few to tell what they are. */
  #head: Uint8Array = NO_BYTES;
  #decompression: Decompression | undefined;
  #closed: Promise<void> = Promise.resolve();
  #fault: Fault | undefined;
  /** Compressed bytes that have come and are not handed over yet. */
  #waiting: Uint8Array = NO_BYTES;
  #handedOver = 0;
  #ended = false;
  #cancelled = false;
  #output: Uint8Array[] = [];

  /** Owns `input`. `name` is for errors. */
  constructor(input: ByteInput, name: string) {
    this.#input = input;
    this.#name = name;
  }

  /**
   * Throws a MalformedError for data that is cut, after everything that comes before, or corrupt, after what comes before
   * the 4 KiB or block with the fault. Throws one for zstd data that this Node cannot read.
   */
  read(room?: Uint8Array): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    if (this.#decompression !== undefined) return this.#inflate(this.#decompression);
    if (this.#begun) return this.#input.read(room);
    const chunk = this.#input.read();
    return chunk instanceof Promise ? chunk.then((bytes) => this.#begin(bytes)) : this.#begin(chunk);
  }

  /** The first chunk lies in memory of the input, since it may be compressed. */
  get roomBytes(): number {
    return this.#begun && this.#decompression === undefined ? this.#input.roomBytes : 0;
  }

  cancel(): void {
    this.#cancelled = true;
    this.#input.cancel();
    this.#decompression?.decoder.destroy();
  }

  rewind(): void {
    this.#input.rewind();
    // What is known to be uncompressed needs no second look.
    if (this.#decompression !== undefined) this.#begun = false;
    this.#decompression?.decoder.destroy();
    this.#decompression = undefined;
    this.#ended = false;
    this.#head = this.#waiting = NO_BYTES;
    this.#fault = undefined;
    this.#handedOver = 0;
    this.#output = [];
  }

  /** Undefined for compressed data: how long it becomes is known at its end. */
  get byteCount(): number | undefined {
    return this.#decompression === undefined ? this.#input.byteCount : undefined;
  }

  [Symbol.dispose](): void {
    this.#decompression?.decoder.destroy();
    this.#input[Symbol.dispose]();
  }

  /** Takes the first chunks, until their bytes tell what they are. */
  #begin(chunk: Uint8Array | undefined): ReturnType<ByteInput['read']> {
    const more = chunk ?? NO_BYTES;
    const bytes = this.#head.length === 0 ? more : Uint8Array.from([...this.#head, ...more]);
    if (chunk !== undefined && bytes.length < MAGIC_BYTES_MAX) {
      this.#head = bytes.slice();
      return this.read();
    }
    this.#begun = true;
    const decompression = makeDecompression(bytes, this.#name);
    if (decompression === undefined) return bytes.length === 0 ? undefined : bytes;
    this.#waiting = bytes;
    this.#decompression = decompression;
    this.#listen(decompression);
    return this.#inflate(decompression);
  }

  #listen({ decoder }: Decompression): void {
    const output: Uint8Array[] = [];
    this.#output = output;
    decoder.on('data', (bytes: Uint8Array) => output.push(bytes));
    decoder.on('error', (error) => {
      this.#fault = error;
    });
    this.#closed = new Promise((resolve) => decoder.once('close', resolve));
  }

  async #inflate(decompression: Decompression): Promise<Uint8Array | undefined> {
    for (;;) {
      const bytes = this.#output.shift();
      if (bytes !== undefined) return bytes;
      if (this.#cancelled) return undefined;
      if (this.#fault !== undefined) throw this.#faultError(this.#fault, decompression);
      if (this.#ended || decompression.decoder.destroyed) return undefined;
      await this.#handOver(decompression);
    }
  }

  /** Hands the next compressed bytes over, and waits until they have become output. */
  async #handOver({ decoder, pieceOf, isComplete }: Decompression): Promise<void> {
    if (this.#waiting.length === 0) {
      const chunk = await this.#input.read();
      if (chunk === undefined) {
        this.#ended = true;
        if (!isComplete()) this.#fault = CUT;
        decoder.end();
        await this.#closed;
        return;
      }
      this.#waiting = chunk;
    }
    const slice = this.#waiting.subarray(0, pieceOf(this.#waiting));
    if (slice.length === 0) {
      this.#fault = NO_FRAME;
      return;
    }
    this.#waiting = this.#waiting.subarray(slice.length);
    this.#handedOver += slice.length;
    const written = new Promise<void>((resolve) => decoder.write(slice, () => resolve()));
    await Promise.race([written, this.#closed]);
  }

  #faultError({ code, message }: Fault, { format }: Decompression): Error {
    const fact = code === 'Z_BUF_ERROR' ? 'is cut' : `is corrupt (${message})`;
    return captureError(this.#name, `its ${format} data ${fact}`, this.#handedOver);
  }
}
