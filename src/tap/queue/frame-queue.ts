import type { FrameBurst } from '../memory/frame-burst.js';

/** One queue of a TAP device: bursts of Ethernet frames in and out. */
export interface FrameQueue extends Disposable {
  /** Position in its device's list of queues, from 0; it does not move. */
  readonly number: number;
  /** The device was deleted: nothing will be received or sent any more. */
  readonly gone: boolean;
  /**
   * Fills `burst` with what has arrived, without waiting, and counts it; returns how many frames: 0 when the queue
   * is empty or gone. Never takes more than `framesMax` from the kernel.
   */
  receive(burst: FrameBurst, framesMax?: number): number;
  /**
   * Sends all of `burst` in order, in one call, without waiting, and counts it; returns how many frames the kernel took.
   * `burst.results` says which, and why not. The burst keeps its frames.
   */
  send(burst: FrameBurst): number;
}
