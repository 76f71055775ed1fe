import { randomBytes } from 'node:crypto';
import { type Stamp, writeStamp } from '../../../packet/generate/stamp.js';
import type { ChecksummedFrame } from '../../../packet/offload/checksummed-frame.js';
import { CLOCK_REALTIME, Clock } from '../../../sys/clock.js';

/** What tells the time: seconds since 1970 and nanoseconds within, at the last `read`. */
export type StampClock = Pick<Clock, 'read' | 'seconds' | 'nanoseconds'>;

/** Stamps the frames of a run: numbers them, and notes when each was put into its burst. */
export class StampClerk {
  readonly #clock: StampClock;
  readonly #stamp: Stamp;

  /** `stream` names the run, 0 to 65,535. */
  constructor(clock: StampClock = new Clock(CLOCK_REALTIME), stream = randomBytes(2).readUInt16BE()) {
    this.#clock = clock;
    this.#stamp = { stream, sequence: 0, seconds: 0, nanoseconds: 0 };
  }

  /** Stamps `frame` at `offset`, where its payload begins, with the next number and the time. Its checksums follow. */
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
