import { IovecTable } from '../../uring/iovec-table.js';
import type { SlotLayout } from './slot-layout.js';

/** Where a burst's slots are, and what is received into them. */
export interface ReceiveChainPlace {
  readonly slots: SlotLayout;
  readonly slotCount: number;
  /** Address of the first slot in this process. */
  readonly address: number;
  /** The virtio-net header, which is received in front of each frame. */
  readonly headerBytes: number;
}

/**
 * The iovecs of a burst that receives its frames scattered: one chain a slot, over segments that do not touch,
 * exactly one byte longer than header and largest frame.
 */
export class ReceiveChains implements Disposable {
  readonly table: IovecTable;
  /** Iovecs of each chain. */
  readonly segmentCount: number;
  readonly #segmentBytes: number;
  readonly #lastBytes: number;

  constructor({ slots, slotCount, address, headerBytes }: ReceiveChainPlace) {
    const wholeBytes = headerBytes + slots.frameBytesMax + 1;
    this.#segmentBytes = slots.segmentBytes;
    this.segmentCount = Math.ceil(wholeBytes / slots.segmentBytes);
    this.#lastBytes = wholeBytes - (this.segmentCount - 1) * slots.segmentBytes;
    this.table = new IovecTable(slotCount * this.segmentCount);
    for (let slot = 0; slot < slotCount; slot++) {
      const start = address + slot * slots.slotBytes;
      for (let number = 0; number < this.segmentCount; number++) {
        const index = slot * this.segmentCount + number;
        this.table.set(index, start + number * slots.segmentStride, this.#lengthOf(number));
      }
    }
  }

  /** Segments that `bytes` bytes from the beginning of a chain reach into. */
  segmentsOf(bytes: number): number {
    return Math.ceil(bytes / this.#segmentBytes);
  }

  /** Lets the chain at iovec `start` end after `bytes` bytes, to send what was received. */
  trim(start: number, bytes: number): void {
    const last = this.segmentsOf(bytes) - 1;
    this.table.setLength(start + last, bytes - last * this.#segmentBytes);
  }

  /** Undoes `trim`. */
  restore(start: number, bytes: number): void {
    const last = this.segmentsOf(bytes) - 1;
    this.table.setLength(start + last, this.#lengthOf(last));
  }

  #lengthOf(number: number): number {
    return number === this.segmentCount - 1 ? this.#lastBytes : this.#segmentBytes;
  }

  [Symbol.dispose](): void {
    this.table[Symbol.dispose]();
  }
}
