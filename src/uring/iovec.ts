import type { MappedMemory } from '../sys/mapped-memory.js';
import { POINTER_BYTES } from '../sys/platform.js';
import { setPointerAt } from '../sys/pointer.js';

// Source: include/uapi/linux/uio.h, struct iovec: a pointer and a size_t.
export const IOVEC_SIZE = 2 * POINTER_BYTES;
export const IOVEC_BASE = 0;
export const IOVEC_LEN = POINTER_BYTES;

/** Writes the iovec number `index` into `table`, which the kernel may read until it is replaced. */
export function encodeIovec(table: MappedMemory, index: number, address: number, length: number): void {
  setPointerAt(table.bytes, index * IOVEC_SIZE + IOVEC_BASE, address);
  setPointerAt(table.bytes, index * IOVEC_SIZE + IOVEC_LEN, length);
}
