import { MappedMemory } from '../sys/mapped-memory.js';
import { LITTLE_ENDIAN } from '../sys/platform.js';
import type { Ring } from './ring.js';

// Source: include/uapi/linux/io_uring.h, struct io_uring_buf. Bytes.
export const IO_URING_BUF_ADDR = 0; // __u64
export const IO_URING_BUF_LEN = 8; //  __u32
export const IO_URING_BUF_BID = 12; // __u16
export const IO_URING_BUF_SIZE = 16;

// Source: struct io_uring_buf_ring: the tail lies in what the first buffer reserves. Bytes.
export const IO_URING_BUF_RING_TAIL = 14; // __u16

// Source: struct io_uring_buf_reg. Bytes.
export const IO_URING_BUF_REG_RING_ADDR = 0; //    __u64
export const IO_URING_BUF_REG_RING_ENTRIES = 8; // __u32
export const IO_URING_BUF_REG_BGID = 12; //        __u16
export const IO_URING_BUF_REG_SIZE = 40;

/** Where the buffers of a ring lie. */
export interface BufferPlaces {
  /** Address of buffer 0 in this process. */
  readonly address: number;
  /** Bytes from one buffer to the next. */
  readonly strideBytes: number;
  /** Bytes of each buffer. */
  readonly bufferBytes: number;
  /** Number of buffers: a power of two up to 32,768. */
  readonly count: number;
}

/**
 * Buffers from which the kernel chooses one for each completion: a provided buffer ring, group 0 (Linux 5.19). This
 * object owns the ring's memory. The caller owns that of the buffers. Both must outlive the io_uring that they are
 * registered with.
 */
export class BufferRing implements Disposable {
  readonly #memory: MappedMemory;
  readonly #view: DataView;
  readonly #places: BufferPlaces;
  readonly #tailWord: Uint16Array;
  #tail = 0;

  /** Gives all buffers to the kernel. */
  constructor(places: BufferPlaces) {
    this.#places = places;
    this.#memory = MappedMemory.anonymous(places.count * IO_URING_BUF_SIZE);
    const { buffer } = this.#memory.bytes;
    this.#view = new DataView(buffer);
    this.#tailWord = new Uint16Array(buffer, IO_URING_BUF_RING_TAIL, 1);
    for (let number = 0; number < places.count; number++) this.give(number);
    this.publish();
  }

  /** Registers the buffers with `ring`. Throws what `Ring.registerBufferRing` throws. */
  registerWith(ring: Ring): void {
    using registration = MappedMemory.anonymous(IO_URING_BUF_REG_SIZE);
    const view = new DataView(registration.bytes.buffer);
    view.setBigUint64(IO_URING_BUF_REG_RING_ADDR, BigInt(this.#memory.address), LITTLE_ENDIAN);
    view.setUint32(IO_URING_BUF_REG_RING_ENTRIES, this.#places.count, LITTLE_ENDIAN);
    view.setUint16(IO_URING_BUF_REG_BGID, 0, LITTLE_ENDIAN);
    ring.registerBufferRing(registration);
  }

  /** Gives buffer `number` to the kernel, which sees it after `publish`. */
  give(number: number): void {
    const { address, strideBytes, bufferBytes, count } = this.#places;
    const at = (this.#tail & (count - 1)) * IO_URING_BUF_SIZE;
    const base = address + number * strideBytes;
    // Two words instead of a BigInt, because this runs once for each frame.
    const low = LITTLE_ENDIAN ? 0 : 4;
    this.#view.setUint32(at + IO_URING_BUF_ADDR + low, base >>> 0, LITTLE_ENDIAN);
    this.#view.setUint32(at + IO_URING_BUF_ADDR + 4 - low, Math.floor(base / 0x1_0000_0000), LITTLE_ENDIAN);
    this.#view.setUint32(at + IO_URING_BUF_LEN, bufferBytes, LITTLE_ENDIAN);
    this.#view.setUint16(at + IO_URING_BUF_BID, number, LITTLE_ENDIAN);
    this.#tail = (this.#tail + 1) & 0xffff;
  }

  /** Shows the kernel the buffers that were given. */
  publish(): void {
    Atomics.store(this.#tailWord, 0, this.#tail);
  }

  [Symbol.dispose](): void {
    this.#memory[Symbol.dispose]();
  }
}
