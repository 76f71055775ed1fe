/** 64 bytes: a frame to everybody, of a protocol that nobody speaks. */
export const FRAME = Uint8Array.from(
  { length: 64 },
  (_, at) => [255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 0x88, 0xb5][at] ?? 0,
);

/** A 64-byte frame to an address that nobody has: a bridge sends it out of every other port. */
export const UNICAST_FRAME = new Uint8Array(64);
UNICAST_FRAME.set([2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 1, 0x88, 0xb5]);
