import { UnavailableError } from '../../errors.js';
import { isSystemError } from '../../sys/errno.js';
import { MappedMemory } from '../../sys/mapped-memory.js';
import { FileWrite } from '../../uring/file-write.js';

/**
 * Writes pieces of a buffer to files while the program goes on: a disk that is slow does not stop it. It has one piece at a time,
 * which must stay as it is meanwhile. Without io_uring it takes none.
 */
export class PieceWriter implements Disposable {
  /** The whole buffer. The kernel reads it, so it is mapped. */
  readonly buffer: Buffer<ArrayBuffer>;
  readonly #memory: MappedMemory;
  #write: FileWrite | undefined;
  #isRefused = false;
  #start = 0;
  #byteCount = 0;

  /** Maps a buffer of `byteCount` bytes, which take memory once they are used. */
  constructor(byteCount: number) {
    this.#memory = MappedMemory.anonymousOnDemand(byteCount);
    this.buffer = Buffer.from(this.#memory.bytes.buffer);
  }

  /** Whether it has written a piece: a ring is made for the first. */
  get isStarted(): boolean {
    return this.#write !== undefined;
  }

  /** Whether a piece is being written. */
  get isBusy(): boolean {
    return this.#write?.isBusy === true;
  }

  /** Byte of the buffer where the last piece begins. */
  get start(): number {
    return this.#start;
  }

  /** Bytes of the last piece. */
  get byteCount(): number {
    return this.#byteCount;
  }

  /**
   * Begins to write `byteCount` bytes from byte `start` of the buffer on to byte `offset` of a file. False if the kernel takes no piece.
   */
  begin(fd: number, start: number, byteCount: number, offset: number): boolean {
    if (this.#isRefused) return false;
    try {
      this.#write ??= new FileWrite();
      this.#write.begin(fd, this.#memory.address + start, byteCount, offset);
    } catch (error) {
      if (!isSystemError(error) && !(error instanceof UnavailableError)) throw error;
      this.#isRefused = true;
      return false;
    }
    this.#start = start;
    this.#byteCount = byteCount;
    return true;
  }

  /** Returns how many bytes of the piece were written, 0 if an error kept them, or undefined while it is being written. */
  poll(): number | undefined {
    const result = this.#write!.poll();
    return result === undefined ? undefined : Math.max(0, result);
  }

  /** As `poll`, and waits for the end. */
  wait(): number {
    return Math.max(0, this.#write!.wait());
  }

  /** Whether the piece that is being written lies in the `bytes` bytes from byte `at` on. */
  overlaps(at: number, bytes: number): boolean {
    return this.isBusy && at < this.#start + this.#byteCount && this.#start < at + bytes;
  }

  /** Waits for the end of a piece, and gives the memory back: the buffer then shows zeros. */
  [Symbol.dispose](): void {
    try {
      this.#write?.[Symbol.dispose]();
    } finally {
      this.#memory[Symbol.dispose]();
    }
  }
}
