/**
 * Returns a broadcast frame of 64 bytes, of flow 0 or 1. Its protocol is one of IEEE 802's two for local experiments.
 * The kernel notes for each flow which queue it came from last: two queues that send the same flow would slow each
 * other down.
 */
export function broadcastFrame(flow: number): Uint8Array {
  const frame = new Uint8Array(64);
  frame.set([255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 0x88, 0xb5 + flow]);
  return frame;
}

/** A 64-byte frame to an address that no station has: a bridge sends it out of every other port. */
export const UNICAST_FRAME = new Uint8Array(64);
UNICAST_FRAME.set([2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 1, 0x88, 0xb5]);
