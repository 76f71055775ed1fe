import type { FrameArena } from './frame-arena.js';
import { ReceiveChains } from './receive-chains.js';

/**
 * The slots of a burst: where a queue receives its frames, each into one piece of memory or into a chain of segments.
 * The memory is the burst's; what is mapped here are the chains.
 */
export class ReceiveSlots implements Disposable {
  readonly #start: number;
  readonly #headerBytes: number;
  readonly #slotBytes: number;
  readonly #segmentBytes: number;
  readonly #segmentStride: number;
  readonly #chains: ReceiveChains | undefined;

  /** @param start byte of `arena` where the burst begins */
  constructor(arena: FrameArena, start: number, headerBytes: number) {
    const { slots, framesPerBurst: slotCount } = arena;
    this.#start = start;
    this.#headerBytes = headerBytes;
    this.#slotBytes = slots.slotBytes;
    this.#segmentBytes = slots.segmentBytes;
    this.#segmentStride = slots.segmentStride;
    if (slots.segmentsMax === 0) return;
    const address = arena.memory.address + start;
    this.#chains = new ReceiveChains({ slots, slotCount, address, headerBytes });
  }

  /** Byte of the arena where the buffer of slot `slot` begins, with the header of its frame. */
  offsetOf(slot: number): number {
    return this.#start + slot * this.#slotBytes;
  }

  /** Iovecs of each slot; 0 where frames are received in one piece. */
  get chainCount(): number {
    return this.#chains?.segmentCount ?? 0;
  }

  /** First iovec of slot `slot`. */
  chainStart(slot: number): number {
    return slot * this.chainCount;
  }

  /** Address of iovec `iovec`; only where there are chains. */
  chainAddress(iovec: number): number {
    return this.#chains!.table.addressOf(iovec);
  }

  /** Iovecs that a frame of `length` bytes reaches into; 0 where it lies in one piece. */
  chainCountOf(length: number): number {
    if (this.#chains === undefined) return 0;
    const segments = this.#chains.segmentsOf(this.#headerBytes + length);
    return segments === 1 ? 0 : segments;
  }

  /** Lets the chain from iovec `start` end where its frame of `length` bytes does, to send it, or be whole again. */
  trimChain(start: number, length: number, trimmed: boolean): void {
    const bytes = this.#headerBytes + length;
    if (trimmed) this.#chains!.trim(start, bytes);
    else this.#chains!.restore(start, bytes);
  }

  /** Bytes of the arena from the beginning of a frame to that of its segment `number`. */
  segmentOffset(number: number): number {
    return number === 0 ? 0 : number * this.#segmentStride - this.#headerBytes;
  }

  /** Bytes of segment `number` of a frame of `length` bytes, without header. */
  segmentLength(number: number, length: number): number {
    const from = number === 0 ? 0 : number * this.#segmentBytes - this.#headerBytes;
    const to = (number + 1) * this.#segmentBytes - this.#headerBytes;
    return Math.min(to, length) - from;
  }

  [Symbol.dispose](): void {
    this.#chains?.[Symbol.dispose]();
  }
}
