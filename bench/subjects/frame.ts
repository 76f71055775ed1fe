/** 64 bytes: a frame to everybody, of a protocol that nobody speaks. */
export const FRAME = Uint8Array.from(
  { length: 64 },
  (_, at) => [255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 0x88, 0xb5][at] ?? 0,
);
