import type { MappedMemory } from '../sys/mapped-memory.js';
import { HOST } from '../sys/platform.js';
import { setPointerAt } from '../sys/pointer.js';
import { layoutStruct } from '../sys/struct-layout.js';

/** Returns the layout of struct iovec for a pointer width of 4 or 8 bytes. Source: include/uapi/linux/uio.h. */
export function iovecLayout(pointerBytes: number) {
  return layoutStruct(
    [
      ['iov_base', 'pointer'],
      ['iov_len', 'size_t'],
    ],
    pointerBytes,
  );
}

/** Bytes of a struct iovec of this process. */
export const IOVEC_SIZE = iovecLayout(HOST.pointerBytes).size;

/** A region of memory. */
export interface Region {
  readonly address: number;
  /** Bytes. */
  readonly length: number;
}

/** Writes iovec `index` of `table`, which the kernel may read until it is replaced. */
export function encodeIovec(
  table: Pick<MappedMemory, 'bytes'>,
  index: number,
  region: Region,
  platform = HOST,
): void {
  const { size, offsets } = iovecLayout(platform.pointerBytes);
  const at = index * size;
  setPointerAt(table.bytes, at + offsets.iov_base!, region.address, platform);
  setPointerAt(table.bytes, at + offsets.iov_len!, region.length, platform);
}
