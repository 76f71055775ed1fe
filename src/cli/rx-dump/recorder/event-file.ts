import { NO_ROOM } from '../../output/output-writer.js';
import { type CaptureOptions, CaptureOutput } from '../files/capture-output.js';
import { PartFiles } from '../files/part-files.js';
import type { FrameChunk } from './frame-memory.js';

/** What is written at a time. Frames that come meanwhile wait. Bytes. */
const PIECE_BYTES = 1024 * 1024;

/** The file of an event: the frames of a memory from a chunk on, and those that come later. It has its name when it is whole. */
export class EventFile implements Disposable {
  readonly name: string;
  readonly #parts = new PartFiles(() => {});
  readonly #output: CaptureOutput;
  #chunk: FrameChunk;
  /** Items of `#chunk` that are written. */
  #item = 0;
  #offset = 0;

  /** Begins the file. Throws Node's error if the kernel refuses it, and a TypeError for a name that is not possible. */
  constructor(name: string, first: FrameChunk, options: CaptureOptions) {
    this.name = name;
    this.#chunk = first;
    this.#output = new CaptureOutput(this.#parts.begin(name), true, options);
  }

  /** Frames that are written. */
  get frames(): number {
    return this.#output.taken;
  }

  /** Why nothing more can be written. */
  get error(): NodeJS.ErrnoException | undefined {
    const { error } = this.#output;
    if (error !== undefined) error.path ??= this.#parts.path;
    return error;
  }

  /** Writes some of the frames that are there. Returns whether there are more. */
  writePiece(): boolean {
    let bytes = 0;
    while (bytes < PIECE_BYTES && this.#next()) bytes += this.#writeFrame();
    return this.error === undefined && bytes >= PIECE_BYTES;
  }

  flush(): void {
    this.#output.flush();
  }

  /** Writes all frames that are there, and gives the file its name. */
  finish(): void {
    while (this.writePiece());
    this.#output.replaceFile(() => {
      this.#parts.complete();
      return undefined;
    });
  }

  [Symbol.dispose](): void {
    this.#output[Symbol.dispose]();
  }

  /** Goes to the next frame that is not written; false if there is none. */
  #next(): boolean {
    while (this.#item === this.#chunk.count) {
      if (this.#chunk.next === undefined) return false;
      this.#chunk = this.#chunk.next;
      this.#item = 0;
      this.#offset = 0;
    }
    return true;
  }

  #writeFrame(): number {
    const end = this.#chunk.ends[this.#item]!;
    const byteCount = end - this.#offset;
    const offset = this.#output.reserve(byteCount);
    if (offset !== NO_ROOM) {
      this.#chunk.bytes.copy(this.#output.buffer, offset, this.#offset, end);
      this.#output.commit(byteCount);
    }
    this.#item += 1;
    this.#offset = end;
    return byteCount;
  }
}
