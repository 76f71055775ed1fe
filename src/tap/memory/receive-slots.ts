import { IovecTable } from '../../uring/iovec-table.js';
import type { FrameArena } from './frame-arena.js';

const WORD_BYTES = 4;

/**
 * The slots of a burst: where a queue receives its frames, each into one piece of memory or into a chain of segments.
 *
 * A chain is a row of iovecs over segments that do not touch. It is exactly one byte longer than the header and the
 * largest frame. The arena owns the memory of the slots. This object owns the iovecs.
 */
export class ReceiveSlots implements Disposable {
  /** Iovecs of each slot; 0 if frames are received in one piece. */
  readonly chainCount: number;
  readonly #start: number;
  readonly #headerBytes: number;
  readonly #slotBytes: number;
  readonly #segmentBytes: number;
  readonly #segmentStride: number;
  /** Bytes of the last segment of a chain. */
  readonly #lastBytes: number;
  readonly #table: IovecTable | undefined;

  /** @param start byte of `arena` where the burst begins */
  constructor(arena: FrameArena, start: number, headerBytes: number) {
    const { slots } = arena;
    this.#headerBytes = headerBytes;
    this.#slotBytes = slots.slotBytes;
    this.#segmentBytes = slots.segmentBytes;
    this.#segmentStride = slots.segmentStride;
    this.chainCount = 0;
    this.#lastBytes = 0;
    // Each frame in one piece begins at a word, so that it can be copied in words.
    this.#start = slots.segmentsMax === 0 ? start + (-headerBytes & (WORD_BYTES - 1)) : start;
    if (slots.segmentsMax === 0) return;
    const wholeBytes = headerBytes + slots.frameBytesMax + 1;
    this.chainCount = Math.ceil(wholeBytes / slots.segmentBytes);
    this.#lastBytes = wholeBytes - (this.chainCount - 1) * slots.segmentBytes;
    this.#table = this.#makeTable(arena);
  }

  /** Byte of the arena where slot `slot` begins: with the header of its frame. */
  offsetOf(slot: number): number {
    return this.#start + slot * this.#slotBytes;
  }

  /** First iovec of slot `slot`. */
  chainStart(slot: number): number {
    return slot * this.chainCount;
  }

  /** Address of iovec `iovec`. Only if there are chains. */
  chainAddress(iovec: number): number {
    return this.#table!.addressOf(iovec);
  }

  /** Iovecs that a frame of `length` bytes reaches into; 0 if it lies in one piece. */
  chainCountOf(length: number): number {
    if (this.chainCount === 0) return 0;
    const segments = this.#segmentsOf(length);
    return segments === 1 ? 0 : segments;
  }

  /**
   * Ends the chain that begins at iovec `start` where its frame of `length` bytes ends, so that the frame can be sent.
   * With `trimmed` false, makes the chain whole again.
   */
  trimChain(start: number, length: number, trimmed: boolean): void {
    const last = this.#segmentsOf(length) - 1;
    const usedBytes = this.#headerBytes + length - last * this.#segmentBytes;
    this.#table!.setLength(start + last, trimmed ? usedBytes : this.#iovecBytes(last));
  }

  /** Bytes of the arena from the beginning of a frame to that of its segment `number`. */
  segmentOffset(number: number): number {
    return number === 0 ? 0 : number * this.#segmentStride - this.#headerBytes;
  }

  /** Bytes of segment `number` of a frame of `length` bytes, without the header. */
  segmentLength(number: number, length: number): number {
    const from = number === 0 ? 0 : number * this.#segmentBytes - this.#headerBytes;
    const to = (number + 1) * this.#segmentBytes - this.#headerBytes;
    return Math.min(to, length) - from;
  }

  [Symbol.dispose](): void {
    this.#table?.[Symbol.dispose]();
  }

  #makeTable(arena: FrameArena): IovecTable {
    const table = new IovecTable(arena.framesPerBurst * this.chainCount);
    for (let slot = 0; slot < arena.framesPerBurst; slot++) {
      const address = arena.memory.address + this.offsetOf(slot);
      for (let number = 0; number < this.chainCount; number++)
        table.set(
          this.chainStart(slot) + number,
          address + number * this.#segmentStride,
          this.#iovecBytes(number),
        );
    }
    return table;
  }

  /** Bytes of segment `number` when a frame is received. */
  #iovecBytes(number: number): number {
    return number === this.chainCount - 1 ? this.#lastBytes : this.#segmentBytes;
  }

  /** Segments that a frame of `length` bytes reaches into, with its header. */
  #segmentsOf(length: number): number {
    return Math.ceil((this.#headerBytes + length) / this.#segmentBytes);
  }
}
