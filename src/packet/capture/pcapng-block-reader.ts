import type { MalformedError } from '../../errors.js';
import type { ByteQueue } from '../bytes/byte-queue.js';
import { captureError } from './capture-errors.js';
import {
  BLOCK_LENGTH_MAX,
  BLOCK_SIZE_MIN,
  BLOCK_TOTAL_LENGTH,
  BLOCK_TRAILER_SIZE,
  BLOCK_TYPE,
  BLOCK_TYPE_EPB,
  BLOCK_TYPE_IDB,
  BLOCK_TYPE_PB,
  BLOCK_TYPE_SHB,
  BLOCK_TYPE_SPB,
  BYTE_ORDER_MAGIC,
  EPB_SIZE_MIN,
  IDB_SIZE_MIN,
  SHB_BYTE_ORDER_MAGIC,
  SHB_SIZE_MIN,
  SPB_SIZE_MIN,
} from './pcapng-format.js';

/** The smallest sizes of the blocks that are read. */
const SIZES_MIN: Readonly<Record<number, number>> = {
  [BLOCK_TYPE_SHB]: SHB_SIZE_MIN,
  [BLOCK_TYPE_IDB]: IDB_SIZE_MIN,
  [BLOCK_TYPE_PB]: EPB_SIZE_MIN,
  [BLOCK_TYPE_SPB]: SPB_SIZE_MIN,
  [BLOCK_TYPE_EPB]: EPB_SIZE_MIN,
};

/**
 * A cursor over the blocks of a pcapng. It finds each section's byte order and checks each block's length, in front and
 * at its end, and its least size. What it shows is borrowed until the queue's next `append`.
 */
export class PcapngBlockReader {
  readonly #queue: ByteQueue;
  readonly #name: string;
  #blockNumber = 0;
  #packetNumber = 0;

  /** BLOCK_TYPE_ of the current block. */
  type = BLOCK_TYPE_SHB;
  /** Where it begins in `view`. */
  start = 0;
  /** Its bytes, from its type to the end of its trailer. */
  byteCount = 0;
  /** The section's byte order. */
  littleEndian = false;

  /** Reads from `queue`, whose first four bytes are a section header's type. `name` is for errors. */
  constructor(queue: ByteQueue, name: string) {
    this.#queue = queue;
    this.#name = name;
  }

  get view(): DataView {
    return this.#queue.view;
  }

  /** Packet blocks so far, the current one included. */
  get packetNumber(): number {
    return this.#packetNumber;
  }

  /** Advances to the next whole block. False if more bytes are needed, or at the end of an input that has `ended`. */
  next(ended: boolean): boolean {
    const byteCount = this.#awaitBlock(ended);
    if (byteCount === 0) return false;
    this.start = this.#queue.start;
    this.byteCount = byteCount;
    this.#queue.skip(byteCount);
    this.#blockNumber++;
    if (isPacketType(this.type)) this.#packetNumber++;
    return true;
  }

  /** The error about the current block. */
  corruptError(fact: string): MalformedError {
    const place = isPacketType(this.type) ? `record ${this.#packetNumber}, block` : 'block';
    const offset = this.#queue.position - this.byteCount;
    return captureError(this.#name, `${place} ${this.#blockNumber} is corrupt: ${fact}`, offset);
  }

  /** Length of the next block if all of it is there, else 0. */
  #awaitBlock(ended: boolean): number {
    const { view, start, length } = this.#queue;
    if (length < BLOCK_SIZE_MIN) return this.#needMore(BLOCK_SIZE_MIN, ended);
    if (view.getUint32(start + BLOCK_TYPE, false) === BLOCK_TYPE_SHB) this.#readByteOrder(view, start);
    this.type = view.getUint32(start + BLOCK_TYPE, this.littleEndian);
    const byteCount = view.getUint32(start + BLOCK_TOTAL_LENGTH, this.littleEndian);
    this.#checkLength(byteCount);
    if (length < byteCount) return this.#needMore(byteCount, ended);
    const trailer = view.getUint32(start + byteCount - BLOCK_TRAILER_SIZE, this.littleEndian);
    if (trailer === byteCount) return byteCount;
    throw this.#nextBlockError(`is corrupt: its length is ${byteCount} in front and ${trailer} at its end`);
  }

  /** A section header's own length is in the byte order that it declares, so the order is read first. */
  #readByteOrder(view: DataView, start: number): void {
    const magic = view.getUint32(start + SHB_BYTE_ORDER_MAGIC, true);
    this.littleEndian = magic === BYTE_ORDER_MAGIC;
    if (this.littleEndian || view.getUint32(start + SHB_BYTE_ORDER_MAGIC, false) === BYTE_ORDER_MAGIC) return;
    const found = `0x${magic.toString(16).padStart(8, '0')}`;
    throw this.#nextBlockError(`is corrupt: its byte-order magic is ${found}, 0x1a2b3c4d wanted`);
  }

  #checkLength(byteCount: number): void {
    const least = SIZES_MIN[this.type] ?? BLOCK_SIZE_MIN;
    if (byteCount >= least && byteCount <= BLOCK_LENGTH_MAX && (byteCount & 3) === 0) return;
    const wanted = byteCount < least ? `at least ${least}` : `a multiple of 4 up to ${BLOCK_LENGTH_MAX}`;
    throw this.#nextBlockError(`is corrupt: its length is ${byteCount}, ${wanted} wanted`);
  }

  #needMore(wanted: number, ended: boolean): 0 {
    const { length } = this.#queue;
    if (!ended || length === 0) return 0;
    throw this.#nextBlockError(`is cut: ${wanted} bytes wanted, ${length} there`);
  }

  #nextBlockError(fact: string): MalformedError {
    const isTypeKnown = this.#queue.length >= BLOCK_SIZE_MIN;
    const place =
      isTypeKnown && isPacketType(this.type) ? `record ${this.#packetNumber + 1}, block` : 'block';
    return captureError(this.#name, `${place} ${this.#blockNumber + 1} ${fact}`, this.#queue.position);
  }
}

function isPacketType(type: number): boolean {
  return type === BLOCK_TYPE_EPB || type === BLOCK_TYPE_SPB || type === BLOCK_TYPE_PB;
}
