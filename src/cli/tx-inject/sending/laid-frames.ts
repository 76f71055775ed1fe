import type { FrameStore } from '../../../tap/memory/frame-arena.js';
import { HEADER_BYTES_MAX } from '../../../tap/state/limits.js';
import type { RepeatedFrames } from '../sources/frame-source.js';
import type { PreparedFrame } from './prepared-frame.js';
import { StoredHeaders } from './stored-headers.js';

/** Most memory for laid frames. Further frames are copied into each burst. Bytes. */
export const LAID_BYTES_MAX = 64 * 1024 * 1024;
/** Most frames that are laid: each takes 10 bytes of the heap. */
const LAID_FRAMES_MAX = 2 * 1024 * 1024;

/** Headers begin at such multiples. Frames that are only read may share a cache line, so it is less than one. Bytes. */
const ALIGNMENT = 16;

/** The note of a frame that has not been laid. */
export const NOT_LAID = 0;
/** The lowest bits of a note. The index of the lane follows. */
const MARK_BITS = 2;
const MARK_MASK = (1 << MARK_BITS) - 1;

/** How the ledger counts a frame with this note: a MARK_ of filled-burst. */
export function markOf(note: number): number {
  return (note - 1) & MARK_MASK;
}

/** The index of the lane of a frame with this note. */
export function laneOf(note: number): number {
  return (note - 1) >>> MARK_BITS;
}

/** Bytes of a store that `frames` need. */
export function laidBytes({ count, byteCount }: RepeatedFrames): number {
  return Math.min(LAID_BYTES_MAX, byteCount + count * (HEADER_BYTES_MAX + ALIGNMENT));
}

/**
 * The frames of a source that come again with each pass. Each one is laid into the store once, behind its header, and sent from
 * there again and again. A frame that the store has no room for is not laid.
 */
export class LaidFrames {
  readonly #store: FrameStore;
  readonly #headerBytes: number;
  readonly #headers: StoredHeaders;
  /** Where each frame lies in the arena, and its bytes. */
  readonly offsets: Int32Array;
  readonly lengths: Int32Array;
  /** For each frame NOT_LAID, or 1 more than its mark and its lane. */
  readonly #notes: Uint16Array;
  #end: number;

  /** Borrows `store`. @param headerBytes of the device's virtio-net headers */
  constructor(store: FrameStore, headerBytes: number, { count }: RepeatedFrames) {
    this.#store = store;
    this.#headerBytes = headerBytes;
    this.#headers = new StoredHeaders(store, headerBytes);
    const framesMax = Math.min(count, LAID_FRAMES_MAX);
    this.offsets = new Int32Array(framesMax);
    this.lengths = new Int32Array(framesMax);
    this.#notes = new Uint16Array(framesMax);
    this.#end = store.start;
  }

  /** The note of frame `index`: what `markOf` and `laneOf` read, or NOT_LAID. */
  noteOf(index: number): number {
    return index < this.#notes.length ? this.#notes[index]! : NOT_LAID;
  }

  /**
   * Lays a frame as frame `index`, for lane `lane`. `mark` is a MARK_ of filled-burst. Returns whether there was room for it: then
   * it has a note.
   */
  lay(index: number, prepared: PreparedFrame, lane: number, mark: number): boolean {
    const offset = Math.ceil(this.#end / ALIGNMENT) * ALIGNMENT + this.#headerBytes;
    if (index >= this.#notes.length || offset + prepared.length > this.#store.end) return false;
    this.#store.bytes.set(prepared.bytes, offset);
    this.#headers.write(offset, prepared);
    this.#end = offset + prepared.length;
    this.offsets[index] = offset;
    this.lengths[index] = prepared.length;
    this.#notes[index] = ((lane << MARK_BITS) | mark) + 1;
    return true;
  }
}
