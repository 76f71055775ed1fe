import { errnoName } from '../sys/errno.js';
import { type FrameArena, SLOT_BYTES } from './frame-arena.js';

/** Where frames begin when packed for sending: a cache line, so that two frames share none. */
const ALIGNMENT = 64;

/**
 * Frames handled between two calls into the kernel: received by `FrameQueue.receive`, or appended to be sent.
 *
 * The bytes live in the device's arena. What `frame()` returns is borrowed: it is valid until the burst is
 * filled or cleared again, or the device is closed.
 */
export class FrameBurst implements Disposable {
  /** Most frames it carries. */
  readonly framesMax: number;
  /** Bytes of virtio-net header in front of each frame. */
  readonly headerBytes: number;
  /** All of the arena; frame `i` is `bytes[offsets[i]] …` for `lengths[i]` bytes. Hot paths read these directly. */
  readonly bytes: Uint8Array;
  /** Byte of the arena where each frame begins (its header lies before it). */
  readonly offsets: Int32Array;
  /** Bytes of each frame, without header. */
  readonly lengths: Int32Array;
  /** After `send`: 0 where the kernel took the frame, else a negative errno. */
  readonly results: Int32Array;
  /** Address of the arena in this process. */
  readonly address: number;
  /** When a receive loop took the burst: seconds since 1970, and nanoseconds within. 0 where nobody looked. */
  seconds = 0;
  nanoseconds = 0;
  readonly #arena: FrameArena;
  readonly #start: number;
  #end: number;
  #count = 0;
  #appendAt: number;
  #disposed = false;

  /** Bursts are made by `TapDevice.allocateBurst`. */
  constructor(arena: FrameArena, headerBytes: number) {
    this.#arena = arena;
    this.#start = arena.take();
    this.framesMax = arena.framesPerBurst;
    this.#end = this.#start + this.framesMax * SLOT_BYTES;
    this.#appendAt = this.#start;
    this.headerBytes = headerBytes;
    this.bytes = arena.memory.bytes;
    this.address = arena.memory.address;
    this.offsets = new Int32Array(this.framesMax);
    this.lengths = new Int32Array(this.framesMax);
    this.results = new Int32Array(this.framesMax);
  }

  /** Whether it was disposed, alone or with its device: it takes no frames any more. */
  get disposed(): boolean {
    return this.#disposed;
  }

  /** Frames in it. */
  get count(): number {
    return this.#count;
  }

  /** Frame `index` (0 to `count` - 1), without header; borrowed. */
  frame(index: number): Uint8Array {
    this.#assertIndex(index);
    const offset = this.offsets[index]!;
    return this.bytes.subarray(offset, offset + this.lengths[index]!);
  }

  /** The virtio-net header of frame `index`, `headerBytes` long; borrowed, and writable before `send`. */
  header(index: number): Uint8Array {
    this.#assertIndex(index);
    const offset = this.offsets[index]!;
    return this.bytes.subarray(offset - this.headerBytes, offset);
  }

  /**
   * Copies `frame` in, behind a header of zeros (nothing left to finish). Returns false, and changes nothing,
   * when the burst has no room for it: send it first. A burst takes any frame that fits an empty one.
   */
  append(frame: Uint8Array): boolean {
    const at = this.#appendAt + this.headerBytes;
    if (this.#count === this.framesMax || at + frame.length > this.#end) return false;
    this.bytes.fill(0, this.#appendAt, at);
    this.bytes.set(frame, at);
    this.offsets[this.#count] = at;
    this.lengths[this.#count] = frame.length;
    this.#count += 1;
    this.#appendAt = Math.ceil((at + frame.length) / ALIGNMENT) * ALIGNMENT;
    return true;
  }

  /** After `send`: the name of the errno with which the kernel refused frame `index`; undefined where it took it. */
  refusal(index: number): string | undefined {
    this.#assertIndex(index);
    const result = this.results[index]!;
    return result === 0 ? undefined : errnoName(-result);
  }

  /** Empties it. */
  clear(): void {
    this.#count = 0;
    this.#appendAt = this.#start;
  }

  /** For a receiving queue: where the buffer of slot `slot` begins (its header). */
  slotOffset(slot: number): number {
    return this.#start + slot * SLOT_BYTES;
  }

  /** For a receiving queue: frame `index` lies in slot `slot` and has `length` bytes. */
  setReceived(index: number, slot: number, length: number): void {
    this.offsets[index] = this.#start + slot * SLOT_BYTES + this.headerBytes;
    this.lengths[index] = length;
  }

  /** For a receiving queue: the burst now holds `count` frames. */
  setCount(count: number): void {
    this.#count = count;
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#count = 0;
    // Nothing fits any more: another burst may have the room, or nobody.
    this.#end = 0;
    this.#arena.give(this.#start);
  }

  #assertIndex(index: number): void {
    if (!(index >= 0 && index < this.#count)) {
      throw new RangeError(`cannot read frame ${index}: the burst holds ${this.#count}`);
    }
  }
}
