import { type ChecksumFields, ChecksummedFrame } from '../../../packet/offload/checksummed-frame.js';
import type { StoreShare } from './frame-source.js';

/** Frames begin at such multiples behind their headers. Two frames share no cache line: one is written while another is sent. */
const ALIGNMENT = 64;

/** Bytes of a store that holds `count` copies of a frame. */
export function copiesBytes(count: number, headerBytes: number, frameBytes: number): number {
  return count * strideOf(headerBytes, frameBytes) + ALIGNMENT;
}

/**
 * Copies of a frame in the store of a device: for each lane as many as can exist at a time. A lane takes them in turn, so a copy has
 * been sent when its turn comes again. Then only what varies is written.
 */
export class TemplateCopies {
  readonly #frame: ChecksummedFrame;
  readonly #start: number;
  readonly #stride: number;
  readonly #frameBytes: number;
  readonly #headerBytes: number;
  readonly #laneFrames: number;
  /** For each lane the copy that comes next. */
  readonly #next: Int32Array;

  /** Lays the copies of `frame`, whose checksums are correct. Throws a RangeError if the store is too small. */
  constructor(share: StoreShare, frame: Uint8Array, fields: ChecksumFields) {
    const { memory, start, headerBytes, lanes, laneFrames } = share;
    this.#headerBytes = headerBytes;
    this.#laneFrames = laneFrames;
    this.#frameBytes = frame.length;
    this.#stride = strideOf(headerBytes, frame.length);
    // In `memory`, which begins at byte `start` of the arena.
    this.#start = Math.ceil(start / ALIGNMENT) * ALIGNMENT - start;
    for (let copy = 0; copy < lanes * laneFrames; copy++) memory.set(frame, this.#offsetOf(copy));
    this.#frame = new ChecksummedFrame(memory, fields);
    this.#next = new Int32Array(lanes);
  }

  /** The copy that was taken last; borrowed. */
  get current(): Uint8Array {
    const { bytes, start } = this.#frame;
    return bytes.subarray(start, start + this.#frameBytes);
  }

  /** Moves to the next copy of lane `lane`, in which the values of an earlier frame are. */
  take(lane: number): ChecksummedFrame {
    const next = this.#next[lane]!;
    this.#next[lane] = next + 1 === this.#laneFrames ? 0 : next + 1;
    this.#frame.moveTo(this.#offsetOf(lane * this.#laneFrames + next));
    return this.#frame;
  }

  #offsetOf(copy: number): number {
    return this.#start + copy * this.#stride + this.#headerBytes;
  }
}

function strideOf(headerBytes: number, frameBytes: number): number {
  return Math.ceil((headerBytes + frameBytes) / ALIGNMENT) * ALIGNMENT;
}
