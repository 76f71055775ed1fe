import type { MalformedError } from '../../errors.js';
import { ByteQueue } from '../bytes/byte-queue.js';
import { captureError, foreignFormatError, shortInputError } from './capture-errors.js';
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

const MAGIC_SIZE = 4;

/** The smallest sizes of the blocks that are read. */
const SIZES_MIN: Readonly<Record<number, number>> = {
  [BLOCK_TYPE_SHB]: SHB_SIZE_MIN,
  [BLOCK_TYPE_IDB]: IDB_SIZE_MIN,
  [BLOCK_TYPE_PB]: EPB_SIZE_MIN,
  [BLOCK_TYPE_SPB]: SPB_SIZE_MIN,
  [BLOCK_TYPE_EPB]: EPB_SIZE_MIN,
};

/**
 * A cursor over the blocks of a pcapng, fed with bytes as they arrive. It finds each section's byte order and checks
 * each block's length, front and end, and its least size. What it shows is borrowed until the next `push` or `next`.
 */
export class PcapngBlockReader {
  readonly #queue = new ByteQueue();
  readonly #name: string;
  #ended = false;
  #isSection = false;
  #blockNumber = 0;
  #packetNumber = 0;

  /** BLOCK_TYPE_ of the current block. */
  type = 0;
  /** Where it begins in `view`. */
  start = 0;
  /** Its bytes, from its type to the end of its trailer. */
  byteCount = 0;
  /** The section's byte order. */
  littleEndian = false;

  constructor(name: string) {
    this.#name = name;
  }

  get bytes(): Uint8Array {
    return this.#queue.bytes;
  }

  get view(): DataView {
    return this.#queue.view;
  }

  /** Bytes of the input up to the end of the current block. */
  get position(): number {
    return this.#queue.position;
  }

  /** Packet blocks so far, the current one included. */
  get packetNumber(): number {
    return this.#packetNumber;
  }

  push(chunk: Uint8Array): void {
    this.#queue.append(chunk);
  }

  end(): void {
    this.#ended = true;
  }

  /** Advances to the next whole block; false when more bytes are needed, or at the end. */
  next(): boolean {
    const byteCount = this.#awaitBlock();
    if (byteCount === 0) return false;
    this.start = this.#queue.start;
    this.byteCount = byteCount;
    this.#queue.skip(byteCount);
    this.#blockNumber++;
    if (isPacketType(this.type)) this.#packetNumber++;
    return true;
  }

  /** Makes the error about the current block. */
  corruptError(fact: string): MalformedError {
    const place = isPacketType(this.type) ? `record ${this.#packetNumber}, block` : 'block';
    const offset = this.#queue.position - this.byteCount;
    return captureError(this.#name, `${place} ${this.#blockNumber} is corrupt: ${fact}`, offset);
  }

  /** Length of the next block when all of it is there, else 0. */
  #awaitBlock(): number {
    const { view, start, length } = this.#queue;
    if (!this.#isSection) this.#checkMagic(view, start, length);
    if (length < BLOCK_SIZE_MIN) return this.#needMore(BLOCK_SIZE_MIN);
    if (view.getUint32(start + BLOCK_TYPE, false) === BLOCK_TYPE_SHB) this.#readByteOrder(view, start);
    this.type = view.getUint32(start + BLOCK_TYPE, this.littleEndian);
    const byteCount = view.getUint32(start + BLOCK_TOTAL_LENGTH, this.littleEndian);
    this.#checkLength(byteCount);
    if (length < byteCount) return this.#needMore(byteCount);
    const trailer = view.getUint32(start + byteCount - BLOCK_TRAILER_SIZE, this.littleEndian);
    if (trailer === byteCount) return byteCount;
    throw this.#nextBlockError(`is corrupt: its length is ${byteCount} in front and ${trailer} at its end`);
  }

  #checkMagic(view: DataView, start: number, length: number): void {
    if (length < MAGIC_SIZE) {
      if (this.#ended) throw shortInputError(this.#name, length);
      return;
    }
    const magic = view.getUint32(start, false);
    if (magic !== BLOCK_TYPE_SHB) throw foreignFormatError(this.#name, magic);
    this.type = BLOCK_TYPE_SHB;
  }

  /** A section header tells the byte order of its own length, too. */
  #readByteOrder(view: DataView, start: number): void {
    const magic = view.getUint32(start + SHB_BYTE_ORDER_MAGIC, true);
    this.littleEndian = magic === BYTE_ORDER_MAGIC;
    this.#isSection =
      this.littleEndian || view.getUint32(start + SHB_BYTE_ORDER_MAGIC, false) === BYTE_ORDER_MAGIC;
    if (this.#isSection) return;
    const found = `0x${magic.toString(16).padStart(8, '0')}`;
    throw this.#nextBlockError(`is corrupt: its byte-order magic is ${found}, 0x1a2b3c4d wanted`);
  }

  #checkLength(byteCount: number): void {
    const least = SIZES_MIN[this.type] ?? BLOCK_SIZE_MIN;
    if (byteCount >= least && byteCount <= BLOCK_LENGTH_MAX && (byteCount & 3) === 0) return;
    const wanted = byteCount < least ? `at least ${least}` : `a multiple of 4 up to ${BLOCK_LENGTH_MAX}`;
    throw this.#nextBlockError(`is corrupt: its length is ${byteCount}, ${wanted} wanted`);
  }

  #needMore(wanted: number): 0 {
    const { length } = this.#queue;
    if (!this.#ended || length === 0) return 0;
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
