import koffi from 'koffi';
import { HOST } from './platform.js';

/** Reads a C pointer (or size_t) that lies at byte `offset` of `bytes`. */
export function pointerAt(bytes: Uint8Array, offset: number, platform = HOST): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (platform.pointerBytes === 8) return view.getBigUint64(offset, platform.littleEndian);
  return BigInt(view.getUint32(offset, platform.littleEndian));
}

/** Writes `value` as a C pointer (or size_t) at byte `offset` of `bytes`. */
export function setPointerAt(bytes: Uint8Array, offset: number, value: number, platform = HOST): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (platform.pointerBytes === 8) view.setBigUint64(offset, BigInt(value), platform.littleEndian);
  else view.setUint32(offset, value, platform.littleEndian);
}

/** Returns a view of the `length` bytes behind a pointer, without a copy. The memory must outlive the view. */
export function viewAt(pointer: bigint, length: number): ArrayBuffer {
  return koffi.view(pointer, length);
}
