import { randomBytes } from 'node:crypto';
import { type Stamp, writeStamp } from '../../../packet/generate/stamp.js';
import type { ChecksummedFrame } from '../../../packet/offload/checksummed-frame.js';
import { CLOCK_REALTIME, Clock } from '../../../sys/clock.js';

/** The time of the last `read`: seconds since 1970 and nanoseconds within. */
export type StampClock = Pick<Clock, 'read' | 'seconds' | 'nanoseconds'>;

/** Stamps the frames of a run with their numbers and with the times when they are put into their bursts. */
export class FrameStamper {
  readonly #clock: StampClock;
  readonly #stamp: Stamp;

  /** `stream` identifies the run, 0 to 65,535. */
  constructor(clock: StampClock = new Clock(CLOCK_REALTIME), stream = randomBytes(2).readUInt16BE()) {
    this.#clock = clock;
    this.#stamp = { stream, sequence: 0, seconds: 0, nanoseconds: 0 };
  }

  /** Stamps `frame` at `offset`, where its payload begins, with the next number and the time. Updates its checksums. */
  stamp(frame: ChecksummedFrame, offset: number): void {
    this.#clock.read();
    const stamp = this.#stamp;
    stamp.seconds = this.#clock.seconds;
    stamp.nanoseconds = this.#clock.nanoseconds;
    writeStamp(frame, offset, stamp);
    frame.finish();
    stamp.sequence += 1;
  }
}
