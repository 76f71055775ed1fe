import { MappedMemory } from '../sys/mapped-memory.js';
import { LITTLE_ENDIAN, lowWord, POINTER_BYTES } from '../sys/platform.js';
import { IOVEC_SIZE } from './iovec.js';

// Source: include/uapi/linux/uio.h: most iovecs of one transfer, which C programs know as IOV_MAX.
export const UIO_MAXIOV = 1024;

const WORD_BYTES = 4;
const IOVEC_WORDS = IOVEC_SIZE / WORD_BYTES;
const POINTER_WORDS = POINTER_BYTES / WORD_BYTES;
const WORD_VALUES = 0x1_0000_0000;
const LOW = POINTER_WORDS === 1 ? 0 : lowWord(LITTLE_ENDIAN);
const HIGH = 1 - LOW;

/**
 * Iovecs in mapped memory, which the kernel may read as long as the table lives.
 *
 * Hot path: written as 32-bit words, without BigInt. A length is below 2^32.
 */
export class IovecTable implements Disposable {
  readonly capacity: number;
  readonly #memory: MappedMemory;
  readonly #words: Uint32Array;

  /** Maps room for `capacity` iovecs, all empty. */
  constructor(capacity: number) {
    this.capacity = capacity;
    this.#memory = MappedMemory.anonymous(capacity * IOVEC_SIZE);
    this.#words = new Uint32Array(this.#memory.bytes.buffer);
  }

  /** Returns the address of iovec `index` in this process. */
  addressOf(index: number): number {
    return this.#memory.address + index * IOVEC_SIZE;
  }

  /** Makes iovec `index` the region of `length` bytes at `address`. */
  set(index: number, address: number, length: number): void {
    const at = index * IOVEC_WORDS;
    this.#words[at + LOW] = address >>> 0;
    if (POINTER_WORDS === 2) this.#words[at + HIGH] = address / WORD_VALUES;
    this.setLength(index, length);
  }

  /** Sets the length of iovec `index`, in bytes. The upper word of a length is never written: it stays 0. */
  setLength(index: number, length: number): void {
    this.#words[index * IOVEC_WORDS + POINTER_WORDS + LOW] = length;
  }

  /** Returns the address that iovec `index` points to. */
  baseOf(index: number): number {
    const at = index * IOVEC_WORDS;
    const high = POINTER_WORDS === 2 ? this.#words[at + HIGH]! : 0;
    return high * WORD_VALUES + this.#words[at + LOW]!;
  }

  /** Returns the length of iovec `index`, in bytes. */
  lengthOf(index: number): number {
    return this.#words[index * IOVEC_WORDS + POINTER_WORDS + LOW]!;
  }

  [Symbol.dispose](): void {
    this.#memory[Symbol.dispose]();
  }
}
