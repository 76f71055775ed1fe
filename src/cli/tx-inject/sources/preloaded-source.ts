import { ArgumentRangeError } from '../../../errors.js';
import { type FrameSource, NO_HEADER, type RepeatedFrames } from './frame-source.js';

/** Most that `-K` keeps in memory. */
export const PRELOADED_BYTES_MAX = 1024 * 1024 * 1024;
export const PRELOADED_FRAMES_MAX = 2 * 1024 * 1024;

const CHUNK_BYTES = 16 * 1024 * 1024;

/** Frames of another source, kept in memory. A further pass reads nothing, and a frame costs no allocation. */
export class PreloadedSource implements FrameSource {
  readonly #frames: Uint8Array[] = [];
  readonly #headers: Uint8Array[] = [];
  /** Beside the frames, whose 10,000 views would take a megabyte of the processor's cache. */
  readonly #lengths: number[] = [];
  readonly #originalLengths: number[] = [];
  readonly #times: number[] = [];
  readonly #ethernet: boolean[] = [];
  readonly #linkTypes: number[] = [];
  readonly #finished: boolean[] = [];
  readonly #queues: number[] = [];
  #fault: unknown;
  #byteCount = 0;
  #chunk = new Uint8Array(0);
  #chunkAt = 0;
  #at = -1;

  private constructor() {}

  /**
   * Reads all of `source`, which is not needed any more then. A fault in it is thrown when its place is reached. Throws a
   * RangeError for more than PRELOADED_BYTES_MAX or PRELOADED_FRAMES_MAX. `name` is for errors.
   */
  static async load(source: FrameSource, name: string): Promise<PreloadedSource> {
    const loaded = new PreloadedSource();
    try {
      do {
        while (source.next()) loaded.#keep(source, name);
        // Lets the event loop handle signals.
        await new Promise((resolve) => setImmediate(resolve));
      } while (await source.refill());
    } catch (error) {
      if (error instanceof ArgumentRangeError) throw error;
      loaded.#fault = error;
    }
    return loaded;
  }

  next(): boolean {
    this.#at += 1;
    if (this.#at < this.#frames.length) return true;
    if (this.#fault !== undefined) throw this.#fault;
    return false;
  }

  refill(): boolean {
    return false;
  }

  cancel(): void {}

  rewind(): void {
    this.#at = -1;
  }

  get frame(): Uint8Array {
    return this.#frames[this.#at]!;
  }

  get bytes(): Uint8Array {
    return this.#frames[this.#at]!;
  }

  readonly start = 0;

  get length(): number {
    return this.#lengths[this.#at]!;
  }

  get repeated(): RepeatedFrames {
    return { count: this.#frames.length, byteCount: this.#byteCount };
  }

  get repeatIndex(): number {
    return this.#at;
  }

  get originalLength(): number {
    return this.#originalLengths[this.#at]!;
  }

  get ethernet(): boolean {
    return this.#ethernet[this.#at]!;
  }

  get linkType(): number {
    return this.#linkTypes[this.#at]!;
  }

  get recordedSeconds(): number {
    return this.#times[this.#at]!;
  }

  get virtioNetHeader(): Uint8Array {
    return this.#headers[this.#at]!;
  }

  get queue(): number {
    return this.#queues[this.#at]!;
  }

  get checksumFinished(): boolean {
    return this.#finished[this.#at]!;
  }

  get recordedTimes(): readonly number[] {
    return this.#times;
  }

  get fraction(): number {
    return this.#frames.length === 0 ? 1 : Math.min(Math.max(this.#at, 0) / this.#frames.length, 1);
  }

  [Symbol.dispose](): void {}

  #keep(source: FrameSource, name: string): void {
    const { frame, virtioNetHeader } = source;
    this.#byteCount += frame.length + virtioNetHeader.length;
    this.#assertRoom(name);
    this.#frames.push(this.#copy(frame));
    this.#headers.push(virtioNetHeader.length === 0 ? NO_HEADER : this.#copy(virtioNetHeader));
    this.#lengths.push(frame.length);
    this.#originalLengths.push(source.originalLength);
    this.#times.push(source.recordedSeconds);
    this.#ethernet.push(source.ethernet);
    this.#linkTypes.push(source.linkType);
    this.#finished.push(source.checksumFinished);
    this.#queues.push(source.queue);
  }

  #assertRoom(name: string): void {
    if (this.#byteCount <= PRELOADED_BYTES_MAX && this.#frames.length < PRELOADED_FRAMES_MAX) return;
    throw new ArgumentRangeError(
      `cannot preload "${name}": more than ${PRELOADED_FRAMES_MAX} frames or ${PRELOADED_BYTES_MAX} bytes of them; without -K rtap reads while it sends`,
    );
  }

  #copy(bytes: Uint8Array): Uint8Array {
    if (this.#chunkAt + bytes.length > this.#chunk.length) {
      this.#chunk = new Uint8Array(Math.max(CHUNK_BYTES, bytes.length));
      this.#chunkAt = 0;
    }
    const copy = this.#chunk.subarray(this.#chunkAt, this.#chunkAt + bytes.length);
    copy.set(bytes);
    this.#chunkAt += bytes.length;
    return copy;
  }
}
