/**
 * 64 bytes of flow 0 or 1: a frame to everybody, of a protocol that nobody speaks (IEEE 802's two for local experiments). The
 * kernel notes for each flow in which queue it was seen last: two that send the same one would write that in turns.
 */
export function broadcastFrame(flow: number): Uint8Array {
  const frame = new Uint8Array(64);
  frame.set([255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 0x88, 0xb5 + flow]);
  return frame;
}

/** A 64-byte frame to an address that nobody has: a bridge sends it out of every other port. */
export const UNICAST_FRAME = new Uint8Array(64);
UNICAST_FRAME.set([2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 1, 0x88, 0xb5]);
