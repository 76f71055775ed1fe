import type { CaptureRecord } from '../../../packet/capture/capture-record.js';

const NANOSECOND = 1e-9;

/** The recorded time of a record. */
type TimedRecord = Pick<CaptureRecord, 'seconds' | 'exactSeconds' | 'nanoseconds'>;

/**
 * The recorded time of a pass, which goes on from file to file. A pause between two files counts as one within a file. A
 * file that begins before the latest frame of those before it follows that frame at once.
 */
export class RecordedTimes {
  #begun = false;
  #fileBegun = false;
  #originSeconds: number | bigint = 0;
  #originNanoseconds = 0;
  /** Added to the time since the origin, because an earlier file ended later than the next one begins. Seconds. */
  #shift = 0;
  #latest = 0;
  /** Seconds from the first record of the pass to the one that was read last. A record without a time changes nothing. */
  seconds = 0;

  /** Starts again before the first file. */
  restart(): void {
    this.#begun = false;
    this.#shift = 0;
    this.#latest = 0;
    this.seconds = 0;
    this.beginFile();
  }

  /** The next record is the first one of a file. */
  beginFile(): void {
    this.#fileBegun = false;
  }

  /** Reads the time of `record`. */
  read(record: TimedRecord): void {
    const seconds = record.exactSeconds ?? record.seconds;
    if (!this.#begun) {
      this.#begun = true;
      this.#originSeconds = seconds;
      this.#originNanoseconds = record.nanoseconds;
    }
    const since =
      difference(seconds, this.#originSeconds) + (record.nanoseconds - this.#originNanoseconds) * NANOSECOND;
    if (!this.#fileBegun) {
      this.#fileBegun = true;
      if (since + this.#shift < this.#latest) this.#shift = this.#latest - since;
    }
    this.seconds = since + this.#shift;
    if (this.seconds > this.#latest) this.#latest = this.seconds;
  }
}

/** For a run that does not ask when frames were recorded: reading no time saves 5 ns a frame. */
export class UnreadTimes extends RecordedTimes {
  override read(): void {}
}

/** Seconds beyond 2^53 are big integers. */
function difference(later: number | bigint, earlier: number | bigint): number {
  if (typeof later === 'number' && typeof earlier === 'number') return later - earlier;
  return Number(BigInt(later) - BigInt(earlier));
}
