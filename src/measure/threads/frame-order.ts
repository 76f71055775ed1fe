import { readStamp, type Stamp } from '../../packet/generate/stamp.js';
import type { FrameTaker } from '../engines/receive-engine.js';
import { NUMBERED_BYTES_MIN, STAMP_AT } from './numbered-frames.js';

/** More than the queues of a TAP, and more than the flows. */
const KEYS_MAX = 512;

/**
 * Counts numbered frames, and those that are out of order: after a later one of the same queue, or with `byStream` of
 * the same flow (RFC 4737, type-P-reordered). A frame that comes twice is out of order too.
 *
 * Hot path: nothing is allocated.
 */
export class FrameOrder implements FrameTaker {
  /** Numbered frames that came. */
  received = 0;
  outOfOrder = 0;
  /** Frames without a number, which the bench did not send. They are in no other count. */
  foreign = 0;
  readonly #highest = new Float64Array(KEYS_MAX).fill(-1);
  readonly #stamp: Stamp = { stream: 0, sequence: 0, seconds: 0, nanoseconds: 0 };
  readonly #byStream: boolean;

  constructor({ byStream = false }: { readonly byStream?: boolean } = {}) {
    this.#byStream = byStream;
  }

  take(bytes: Uint8Array, offset: number, length: number, queue: number): void {
    const stamp = this.#stamp;
    if (length < NUMBERED_BYTES_MIN || !readStamp(bytes, offset + STAMP_AT, stamp)) {
      this.foreign += 1;
      return;
    }
    const key = (this.#byStream ? stamp.stream : queue) % KEYS_MAX;
    this.received += 1;
    if (stamp.sequence > this.#highest[key]!) this.#highest[key] = stamp.sequence;
    else this.outOfOrder += 1;
  }
}
