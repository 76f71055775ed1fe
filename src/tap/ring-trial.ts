import { Ring } from '../uring/ring.js';
import { FrameArena } from './frame-arena.js';
import { BURST_FRAMES } from './tap-device.js';

/** What became of the attempt to make what a device needs besides its queues. */
export interface RingTrial {
  /** Whether the memory of a burst can be registered with the ring. */
  readonly registered: boolean;
}

/**
 * Makes a ring and the memory of a burst as a device would, and gives both back. Throws an UnavailableError where the
 * machine has no liburing or no io_uring.
 */
export function tryRing(): RingTrial {
  using arena = FrameArena.open(1, BURST_FRAMES);
  using ring = Ring.open(BURST_FRAMES);
  arena.registerWith(ring);
  return { registered: arena.registered };
}
