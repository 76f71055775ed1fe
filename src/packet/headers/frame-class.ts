/** The sizes of frames that DPDK counts, without frame check sequence. The first one also counts all shorter frames. */
export const FRAME_SIZES = [
  ...['Size64', 'Size65To127', 'Size128To255', 'Size256To511'],
  ...['Size512To1023', 'Size1024To1518', 'Size1519To9216', 'Size9217ToMax'],
] as const;

/** The destinations of frames that DPDK counts. */
export const FRAME_DESTINATIONS = ['Broadcast', 'Multicast', 'Unicast'] as const;

/**
 * Returns the class of the frame of `length` bytes that begins at `bytes[at]` with all six bytes of its destination: the place of
 * its size in FRAME_SIZES times 3, plus the place of its destination in FRAME_DESTINATIONS.
 *
 * Hot path (one class a frame: 5 ns less). It has no names for the places, because Node 20 checks an exported constant at each use.
 */
export function frameClass(bytes: Uint8Array, at: number, length: number): number {
  // Each size up to 1,023 bytes is one bit longer than the one before: 65 to 127 have 7 bits.
  const size =
    length <= 64 ? 0 : length <= 1023 ? 26 - Math.clz32(length) : length <= 1518 ? 5 : length <= 9216 ? 6 : 7;
  const first = bytes[at]!;
  if ((first & 1) === 0) return size * 3 + 2;
  if (first !== 0xff) return size * 3 + 1;
  const rest = bytes[at + 1]! & bytes[at + 2]! & bytes[at + 3]! & bytes[at + 4]! & bytes[at + 5]!;
  return rest === 0xff ? size * 3 : size * 3 + 1;
}
