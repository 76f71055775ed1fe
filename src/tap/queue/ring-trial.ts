import { Ring } from '../../uring/ring.js';
import { FrameArena } from '../memory/frame-arena.js';
import { BURST_FRAMES } from './tap-device.js';

/**
 * Makes a ring and the memory of a burst as a device would, and gives both back. Throws an UnavailableError where the
 * machine has no liburing or no io_uring.
 */
export function tryRing(): void {
  using _arena = FrameArena.open(1, BURST_FRAMES);
  using _ring = Ring.open(BURST_FRAMES);
}
