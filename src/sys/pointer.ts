import koffi from 'koffi';
import { LITTLE_ENDIAN, POINTER_BYTES } from './platform.js';

/** Reads a C pointer (or size_t) that lies at byte `offset` of `bytes`. */
export function pointerAt(bytes: Uint8Array, offset: number): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (POINTER_BYTES === 8) return view.getBigUint64(offset, LITTLE_ENDIAN);
  return BigInt(view.getUint32(offset, LITTLE_ENDIAN));
}

/** Writes a C pointer (or size_t). */
export function setPointerAt(bytes: Uint8Array, offset: number, value: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (POINTER_BYTES === 8) view.setBigUint64(offset, BigInt(value), LITTLE_ENDIAN);
  else view.setUint32(offset, value, LITTLE_ENDIAN);
}

/** The memory behind a pointer of ours, without a copy: it must outlive the view. */
export function viewAt(pointer: bigint, length: number): ArrayBuffer {
  return koffi.view(pointer, length);
}
