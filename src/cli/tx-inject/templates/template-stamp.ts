import { randomBytes } from 'node:crypto';
import { type Stamp, writeStamp } from '../../../packet/generate/stamp.js';
import type { ChecksummedFrame } from '../../../packet/offload/checksummed-frame.js';
import { CLOCK_REALTIME, Clock } from '../../../sys/clock.js';
import { KERNEL_QUEUES_MAX } from '../../../tap/state/limits.js';

/** The time of the last `read`: seconds since 1970 and nanoseconds within. */
export type StampClock = Pick<Clock, 'read' | 'seconds' | 'nanoseconds'>;

/** Streams have numbers of 16 bits. */
const STREAM_MASK = 0xffff;

/**
 * Stamps the frames of a run with their numbers and with the times when they are put into their bursts. Each queue that sends
 * has a stream of its own: the frames of one queue stay in order, those of two queues need not.
 */
export class FrameStamper {
  readonly #clock: StampClock;
  readonly #stamp: Stamp = { stream: 0, sequence: 0, seconds: 0, nanoseconds: 0 };
  readonly #firstStream: number;
  /** Frames of each stream so far. */
  readonly #counts = new Float64Array(KERNEL_QUEUES_MAX);

  /** `firstStream` identifies the run, 0 to 65,535. Further streams have the numbers behind it. */
  constructor(clock: StampClock = new Clock(CLOCK_REALTIME), firstStream = randomBytes(2).readUInt16BE()) {
    this.#clock = clock;
    this.#firstStream = firstStream;
  }

  /**
   * Stamps `frame` at `offset`, where its payload begins, with the next number of stream `stream` of the run, from 0, and the
   * time. Updates its checksums.
   */
  stamp(frame: ChecksummedFrame, offset: number, stream: number): void {
    this.#clock.read();
    const stamp = this.#stamp;
    stamp.stream = (this.#firstStream + stream) & STREAM_MASK;
    stamp.sequence = this.#counts[stream]!;
    this.#counts[stream] = stamp.sequence + 1;
    stamp.seconds = this.#clock.seconds;
    stamp.nanoseconds = this.#clock.nanoseconds;
    writeStamp(frame, offset, stamp);
    frame.finish();
  }
}
