import type { PlacedFrame } from './placed-frame.js';

/** Shorter frames are copied in a loop, which is faster than a call. Bytes. */
const LOOPED_BYTES_MAX = 256;
/** Views have multiples of this length, so that few serve for frames of all lengths. The rest is copied in a loop. Bytes. */
const VIEW_BYTES = 128;
/** Views that are kept: a power of two. Frames of up to 1,500 bytes need at most ten for each slot of a burst. */
const VIEWS_MAX = 4096;

/**
 * Copies frames from where they lie into a buffer. It makes no view for a short frame, and keeps those for long ones: frames come
 * again and again in the same places, and a view costs about 190 bytes of V8's heap.
 */
export class FrameCopies {
  readonly #target: Uint8Array;
  readonly #view: DataView;
  readonly #sources = new Array<Uint8Array | undefined>(VIEWS_MAX).fill(undefined);

  constructor(target: Uint8Array) {
    this.#target = target;
    this.#view = new DataView(target.buffer, target.byteOffset, target.byteLength);
  }

  /** Copies `frame` to byte `at`. There must be room for a multiple of four bytes: behind the frame it writes zeros up to there. */
  copy({ memory, word, length }: PlacedFrame, at: number): void {
    const { words } = memory;
    const view = this.#view;
    let copied = 0;
    if (length > LOOPED_BYTES_MAX) {
      copied = length & -VIEW_BYTES;
      this.#target.set(this.#source(memory.bytes, word, copied), at);
    }
    let from = word + (copied >> 2);
    for (const last = length - 3; copied < last; copied += 4)
      view.setInt32(at + copied, words[from++]!, true);
    if (copied < length) view.setInt32(at + copied, words[from]! & ((1 << (8 * (length & 3))) - 1), true);
  }

  #source(bytes: Uint8Array, word: number, length: number): Uint8Array {
    // The places of a burst are odd multiples of 16 words apart: up to 2 KiB no two frames have the same key.
    const key = (word + length / VIEW_BYTES) & (VIEWS_MAX - 1);
    const start = word * 4;
    const known = this.#sources[key];
    const isKnown = known !== undefined && known.length === length && known.buffer === bytes.buffer;
    if (isKnown && known.byteOffset === bytes.byteOffset + start) return known;
    const source = bytes.subarray(start, start + length);
    this.#sources[key] = source;
    return source;
  }
}
