import { constants, createGunzip, type Gunzip } from 'node:zlib';
import { captureError } from '../../packet/capture/capture-errors.js';
import type { ByteInput } from './byte-input.js';

/** The first bytes of gzip data (RFC 1952). */
const GZIP_MAGIC = [0x1f, 0x8b] as const;
/** Compressed bytes that are handed over at a time. They become 4 MiB at most: gzip makes one byte of 1,032. */
const SLICE_BYTES = 4096;
const NO_BYTES = new Uint8Array(0);

/** Another input, decompressed if its first bytes say that it is gzip data, whatever its name. */
export class DecompressedInput implements ByteInput {
  readonly #input: ByteInput;
  readonly #name: string;
  #begun = false;
  /** The first byte, if it came alone. */
  #head: Uint8Array = NO_BYTES;
  #decoder: Gunzip | undefined;
  #closed: Promise<void> = Promise.resolve();
  #fault: (Error & { code?: string }) | undefined;
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
   * the 4 KiB with the fault.
   */
  read(): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    if (this.#decoder !== undefined) return this.#inflate(this.#decoder);
    const chunk = this.#input.read();
    if (this.#begun) return chunk;
    return chunk instanceof Promise ? chunk.then((bytes) => this.#begin(bytes)) : this.#begin(chunk);
  }

  cancel(): void {
    this.#cancelled = true;
    this.#input.cancel();
    this.#decoder?.destroy();
  }

  rewind(): void {
    this.#input.rewind();
    this.#decoder?.destroy();
    this.#decoder = undefined;
    this.#begun = false;
    this.#ended = false;
    this.#head = this.#waiting = NO_BYTES;
    this.#fault = undefined;
    this.#handedOver = 0;
    this.#output = [];
  }

  /** Undefined for compressed data: how long it becomes is known at its end. */
  get byteCount(): number | undefined {
    return this.#decoder === undefined ? this.#input.byteCount : undefined;
  }

  [Symbol.dispose](): void {
    this.#decoder?.destroy();
    this.#input[Symbol.dispose]();
  }

  /** Takes the first chunks, until two bytes tell what they are. */
  #begin(chunk: Uint8Array | undefined): ReturnType<ByteInput['read']> {
    if (chunk === undefined) {
      this.#begun = true;
      return this.#head.length === 0 ? undefined : this.#head;
    }
    const bytes = this.#head.length === 0 ? chunk : Uint8Array.from([...this.#head, ...chunk]);
    if (bytes.length < GZIP_MAGIC.length) {
      this.#head = bytes.slice();
      return this.read();
    }
    this.#begun = true;
    if (bytes[0] !== GZIP_MAGIC[0] || bytes[1] !== GZIP_MAGIC[1]) return bytes;
    this.#waiting = bytes;
    this.#decoder = this.#makeDecoder();
    return this.#inflate(this.#decoder);
  }

  #makeDecoder(): Gunzip {
    const output: Uint8Array[] = [];
    this.#output = output;
    // Everything comes out that was handed over: before a fault, nothing may be held back.
    const decoder = createGunzip({ flush: constants.Z_SYNC_FLUSH });
    decoder.on('data', (bytes: Uint8Array) => output.push(bytes));
    decoder.on('error', (error) => {
      this.#fault = error;
    });
    this.#closed = new Promise((resolve) => decoder.once('close', resolve));
    return decoder;
  }

  async #inflate(decoder: Gunzip): Promise<Uint8Array | undefined> {
    for (;;) {
      const bytes = this.#output.shift();
      if (bytes !== undefined) return bytes;
      if (this.#cancelled) return undefined;
      if (this.#fault !== undefined) throw this.#faultError(this.#fault);
      if (this.#ended || decoder.destroyed) return undefined;
      await this.#handOver(decoder);
    }
  }

  /** Hands the next compressed bytes over, and waits until they have become output. */
  async #handOver(decoder: Gunzip): Promise<void> {
    if (this.#waiting.length === 0) {
      const chunk = await this.#input.read();
      if (chunk === undefined) {
        this.#ended = true;
        decoder.end();
        await this.#closed;
        return;
      }
      this.#waiting = chunk;
    }
    const slice = this.#waiting.subarray(0, SLICE_BYTES);
    this.#waiting = this.#waiting.subarray(slice.length);
    this.#handedOver += slice.length;
    const written = new Promise<void>((resolve) => decoder.write(slice, () => resolve()));
    await Promise.race([written, this.#closed]);
  }

  #faultError({ code, message }: Error & { code?: string }): Error {
    const fact = code === 'Z_BUF_ERROR' ? 'is cut' : `is corrupt (${message})`;
    return captureError(this.#name, `its gzip data ${fact}`, this.#handedOver);
  }
}
