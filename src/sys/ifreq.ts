import { LITTLE_ENDIAN, POINTER_BYTES } from './platform.js';

// Source: include/uapi/linux/if.h, struct ifreq. Bytes.
export const IFNAMSIZ = 16;
/** Bytes of an alternative name, with its final NUL. */
export const ALTIFNAMSIZ = 128;
export const IFREQ_NAME = 0; //  char[IFNAMSIZ]
export const IFREQ_FLAGS = 16; // short
export const IFREQ_DATA = 16; //  void *

/** Returns the bytes of struct ifreq. Its union is as large as struct ifmap, which holds two longs. */
export function ifreqSize(pointerBytes: number): number {
  return IFNAMSIZ + (pointerBytes === 8 ? 24 : 16);
}

/** Encodes a struct ifreq for `name`. The caller has checked that the name fits. */
export function encodeIfreq(name: string): DataView<ArrayBuffer> {
  const bytes = new Uint8Array(ifreqSize(POINTER_BYTES));
  bytes.set(new TextEncoder().encode(name).subarray(0, IFNAMSIZ - 1), IFREQ_NAME);
  return new DataView(bytes.buffer);
}

/** Returns the name that the kernel wrote into a struct ifreq. */
export function ifreqName(view: DataView): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + IFREQ_NAME, IFNAMSIZ);
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** Returns `ifr_flags`, as 16 bits without sign. */
export function ifreqFlags(view: DataView): number {
  return view.getUint16(IFREQ_FLAGS, LITTLE_ENDIAN);
}

/** Sets `ifr_flags`, of which the kernel takes 16 bits. */
export function setIfreqFlags(view: DataView, flags: number): void {
  view.setUint16(IFREQ_FLAGS, flags, LITTLE_ENDIAN);
}
