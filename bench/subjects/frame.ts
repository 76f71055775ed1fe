/** A broadcast frame of 64 bytes. Its protocol is one of IEEE 802's two for local experiments, which has no handler. */
export const BROADCAST_FRAME = new Uint8Array(64);
BROADCAST_FRAME.set([255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 0x88, 0xb5]);

/** A 64-byte frame to an address that no station has: a bridge sends it out of every other port. */
export const UNICAST_FRAME = new Uint8Array(64);
UNICAST_FRAME.set([2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 1, 0x88, 0xb5]);
