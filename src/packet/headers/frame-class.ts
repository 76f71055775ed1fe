/**
 * The classes of frames that DPDK counts: by length without frame check sequence, and by destination. The first class of
 * length has all frames of up to 64 bytes, since the shortest frame of a TAP is an Ethernet header.
 */
export const SIZE_64 = 0;
export const SIZE_65_TO_127 = 1;
export const SIZE_128_TO_255 = 2;
export const SIZE_256_TO_511 = 3;
export const SIZE_512_TO_1023 = 4;
export const SIZE_1024_TO_1518 = 5;
export const SIZE_1519_TO_9216 = 6;
export const SIZE_9217_TO_MAX = 7;

export const DESTINATION_BROADCAST = 0;
export const DESTINATION_MULTICAST = 1;
export const DESTINATION_UNICAST = 2;

/** SIZE_* of a frame of `length` bytes. */
export function sizeClass(length: number): number {
  if (length <= 64) return SIZE_64;
  // Each class up to 1,023 bytes is one bit longer than the one before: 65 to 127 have 7 bits.
  if (length <= 1023) return SIZE_65_TO_127 + 25 - Math.clz32(length);
  if (length <= 1518) return SIZE_1024_TO_1518;
  return length <= 9216 ? SIZE_1519_TO_9216 : SIZE_9217_TO_MAX;
}

/** DESTINATION_* of the frame that begins at `bytes[at]` with all six bytes of its destination. */
export function destinationClass(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if ((first & 1) === 0) return DESTINATION_UNICAST;
  const all = first & bytes[at + 1]! & bytes[at + 2]! & bytes[at + 3]! & bytes[at + 4]! & bytes[at + 5]!;
  return all === 0xff ? DESTINATION_BROADCAST : DESTINATION_MULTICAST;
}
