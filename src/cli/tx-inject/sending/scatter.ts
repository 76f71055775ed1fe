import type { FrameBurst } from '../../../tap/memory/frame-burst.js';
import type { SegmentMemory } from '../../../tap/memory/segment-memory.js';
import type { TapDevice } from '../../../tap/queue/tap-device.js';

/** Bytes between two pieces, so that they are not contiguous. */
const GAP_BYTES = 64;

/** Puts each frame of a burst into several pieces of memory, from which the kernel collects it. */
export class Scatter implements Disposable {
  readonly #burst: FrameBurst;
  readonly #device: TapDevice;
  readonly #pieces: number;
  readonly #views: Uint8Array[] = [];
  #memory: SegmentMemory;
  #at = 0;

  /** @param pieces of each frame; a frame of fewer bytes has as many pieces as bytes */
  constructor(device: TapDevice, burst: FrameBurst, pieces: number, memoryBytes: number) {
    this.#device = device;
    this.#burst = burst;
    this.#pieces = pieces;
    this.#memory = device.mapMemory(memoryBytes);
  }

  /** Appends `frame` to the burst. False if there is no room in the burst or in the memory. */
  append(frame: Uint8Array): boolean {
    if (this.#burst.count === 0) this.#begin(frame.length + this.#pieces * GAP_BYTES);
    const pieces = Math.max(1, Math.min(this.#pieces, frame.length));
    if (this.#at + frame.length + pieces * GAP_BYTES > this.#memory.bytes.length) return false;
    this.#views.length = 0;
    let at = this.#at;
    for (let piece = 0; piece < pieces; piece++) {
      const from = Math.floor((frame.length * piece) / pieces);
      const to = Math.floor((frame.length * (piece + 1)) / pieces);
      const view = this.#memory.bytes.subarray(at, at + to - from);
      view.set(frame.subarray(from, to));
      this.#views.push(view);
      at += to - from + GAP_BYTES;
    }
    if (!this.#burst.appendSegments(this.#views)) return false;
    this.#at = at;
    return true;
  }

  [Symbol.dispose](): void {
    this.#memory[Symbol.dispose]();
  }

  /** Makes room for any frame in an empty burst. */
  #begin(byteCount: number): void {
    this.#at = 0;
    if (byteCount <= this.#memory.bytes.length) return;
    this.#memory[Symbol.dispose]();
    this.#memory = this.#device.mapMemory(byteCount);
  }
}
