import type { Rate } from '../arguments/quantity.js';

/** How fast a run sends. */
export type Timing =
  | { readonly kind: 'topspeed' }
  | { readonly kind: 'steady'; readonly rate: Rate }
  /** `multiplier` times as fast as recorded. */
  | { readonly kind: 'recorded'; readonly multiplier: number };

/** When frames are due. The time starts with the first frame, and does not drift. */
export interface DueTimes {
  /** How many times as fast as recorded; absent if recorded times do not count. */
  readonly multiplier?: number;
  /**
   * Seconds from the start of the run at which the next frame is due; called once for each frame, in order.
   * @param recordedSeconds of the frame within its pass
   * @param bytes of the frame
   */
  due(recordedSeconds: number, bytes: number): number;
  /** Says that the input starts again. */
  repeat(): void;
}

/** As fast as possible. */
export class TopSpeed implements DueTimes {
  due(): number {
    return 0;
  }

  repeat(): void {}
}

/** A fixed number of packets, or bits, a second. */
export class SteadyRate implements DueTimes {
  readonly #packetSeconds: number;
  readonly #byteSeconds: number;
  #packets = 0;
  #bytes = 0;

  constructor(rate: Rate) {
    this.#packetSeconds = 'packetsPerSecond' in rate ? 1 / rate.packetsPerSecond : 0;
    this.#byteSeconds = 'bitsPerSecond' in rate ? 8 / rate.bitsPerSecond : 0;
  }

  due(_recordedSeconds: number, bytes: number): number {
    // From the totals, not from the frame before: rounding errors do not add up.
    const due = this.#packets * this.#packetSeconds + this.#bytes * this.#byteSeconds;
    this.#packets += 1;
    this.#bytes += bytes;
    return due;
  }

  repeat(): void {}
}

/** As recorded, or a multiple of that speed. A frame that was recorded before its predecessor follows it at once. */
export class RecordedPace implements DueTimes {
  readonly multiplier: number;
  #offset = 0;
  #latest = 0;

  constructor(multiplier = 1) {
    this.multiplier = multiplier;
  }

  due(recordedSeconds: number): number {
    this.#latest = Math.max(this.#latest, this.#offset + recordedSeconds / this.multiplier);
    return this.#latest;
  }

  repeat(): void {
    this.#offset = this.#latest;
  }
}

/** The due times of a run. */
export function makeDueTimes(timing: Timing): DueTimes {
  switch (timing.kind) {
    case 'topspeed':
      return new TopSpeed();
    case 'steady':
      return new SteadyRate(timing.rate);
    case 'recorded':
      return new RecordedPace(timing.multiplier);
  }
}
