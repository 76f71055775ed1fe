import { closeSync, fstatSync, readSync } from 'node:fs';
import type { ByteInput } from './byte-input.js';

const CHUNK_BYTES = 256 * 1024;

/** A regular file, read without waiting. */
export class FileInput implements ByteInput {
  readonly byteCount: number;
  readonly #fd: number;
  readonly roomBytes = CHUNK_BYTES;
  #chunk: Uint8Array | undefined;
  #position = 0;
  #open = true;
  #cancelled = false;

  /** Owns `fd` from now on. */
  constructor(fd: number) {
    this.#fd = fd;
    this.byteCount = fstatSync(fd).size;
  }

  read(room?: Uint8Array): Uint8Array | undefined {
    if (this.#cancelled) return undefined;
    const chunk = room ?? this.#ownChunk();
    const count = readSync(this.#fd, chunk, 0, CHUNK_BYTES, this.#position);
    this.#position += count;
    return count === 0 ? undefined : chunk.subarray(0, count);
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

  #ownChunk(): Uint8Array {
    this.#chunk ??= new Uint8Array(CHUNK_BYTES);
    return this.#chunk;
  }
}
