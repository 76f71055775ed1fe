import type { Rate } from '../arguments/quantity.js';

/** How fast a run sends. */
export type Timing =
  | { readonly kind: 'topspeed' }
  | { readonly kind: 'steady'; readonly rate: Rate }
  /** `multiplier` times as fast as recorded, with pauses of at most `gapSecondsMax`. */
  | { readonly kind: 'recorded'; readonly multiplier: number; readonly gapSecondsMax: number };

/** The clock of a run. */
export interface RunClock {
  /** Seconds since the run began. */
  readonly seconds: number;
}

/** When frames are due. The time starts with the first frame, and does not drift. */
export interface DueTimes {
  /** Seconds of pauses between passes so far. */
  readonly pausedSeconds: number;
  /**
   * Seconds from the start of the run at which the next frame is due; called once for each frame, in order.
   * @param recordedSeconds of the frame within its pass
   * @param bytes of the frame
   */
  due(recordedSeconds: number, bytes: number): number;
  /** Says that the input starts again now. Reading the clock takes as long as a frame, so only some do it. */
  repeat(clock: RunClock): void;
  /** Seconds of a whole run of `loops` passes and at most `frames` frames; absent if recorded times do not count. */
  span?(recordedTimes: readonly number[], loops: number, frames: number): number;
}

/** As fast as possible. */
export class TopSpeed implements DueTimes {
  readonly #loopDelaySeconds: number;
  #passStart = 0;
  pausedSeconds = 0;

  constructor(loopDelaySeconds = 0) {
    this.#loopDelaySeconds = loopDelaySeconds;
  }

  due(): number {
    return this.#passStart;
  }

  repeat(clock: RunClock): void {
    if (this.#loopDelaySeconds === 0) return;
    this.#passStart = clock.seconds + this.#loopDelaySeconds;
    this.pausedSeconds += this.#loopDelaySeconds;
  }
}

/** A fixed number of packets, or bits, a second. */
export class SteadyRate implements DueTimes {
  readonly #packetSeconds: number;
  readonly #byteSeconds: number;
  readonly #loopDelaySeconds: number;
  #packets = 0;
  #bytes = 0;
  pausedSeconds = 0;

  constructor(rate: Rate, loopDelaySeconds = 0) {
    this.#packetSeconds = 'packetsPerSecond' in rate ? 1 / rate.packetsPerSecond : 0;
    this.#byteSeconds = 'bitsPerSecond' in rate ? 8 / rate.bitsPerSecond : 0;
    this.#loopDelaySeconds = loopDelaySeconds;
  }

  due(_recordedSeconds: number, bytes: number): number {
    // From the totals, not from the frame before: rounding errors do not add up.
    const due = this.pausedSeconds + this.#packets * this.#packetSeconds + this.#bytes * this.#byteSeconds;
    this.#packets += 1;
    this.#bytes += bytes;
    return due;
  }

  repeat(): void {
    this.pausedSeconds += this.#loopDelaySeconds;
  }
}

/** What `RecordedPace` does beside the recorded times. */
export interface PaceOptions {
  /** Longer pauses between two frames are cut to this. @default no limit */
  readonly gapSecondsMax?: number;
  /** The pause between two passes. @default 0 */
  readonly loopDelaySeconds?: number;
  /** Called with the seconds of a pause that is cut. */
  readonly onCut?: (seconds: number) => void;
}

/** As recorded, or a multiple of that speed. A frame that was recorded before its predecessor follows it at once. */
export class RecordedPace implements DueTimes {
  readonly #multiplier: number;
  readonly #gapSecondsMax: number;
  readonly #loopDelaySeconds: number;
  readonly #onCut: (seconds: number) => void;
  #offset = 0;
  #latest = 0;
  pausedSeconds = 0;

  constructor(multiplier = 1, options: PaceOptions = {}) {
    this.#multiplier = multiplier;
    this.#gapSecondsMax = options.gapSecondsMax ?? Infinity;
    this.#loopDelaySeconds = options.loopDelaySeconds ?? 0;
    this.#onCut = options.onCut ?? (() => {});
  }

  due(recordedSeconds: number): number {
    const wanted = this.#offset + recordedSeconds / this.#multiplier;
    const gap = wanted - this.#latest;
    if (gap > this.#gapSecondsMax) {
      this.#onCut(gap);
      this.#latest += this.#gapSecondsMax;
      this.#offset -= wanted - this.#latest;
    } else if (gap > 0) {
      this.#latest = wanted;
    }
    return this.#latest;
  }

  repeat(): void {
    this.#latest += this.#loopDelaySeconds;
    this.#offset = this.#latest;
    this.pausedSeconds += this.#loopDelaySeconds;
  }

  span(recordedTimes: readonly number[], loops: number, frames: number): number {
    const passFrames = recordedTimes.length;
    const count = Math.min(passFrames * loops, frames);
    if (passFrames === 0) return 0;
    if (count === Infinity) return Infinity;
    const pass = new RecordedPace(this.#multiplier, { gapSecondsMax: this.#gapSecondsMax });
    const cutAt = (count - 1) % passFrames;
    let latestOfCut = 0;
    for (let at = 0; at < passFrames; at++) {
      const due = pass.due(recordedTimes[at]!);
      if (at === cutAt) latestOfCut = due;
    }
    const passesBefore = Math.floor((count - 1) / passFrames);
    return passesBefore * (pass.#latest + this.#loopDelaySeconds) + latestOfCut;
  }
}

/** The due times of a run. */
export function makeDueTimes(timing: Timing, options: Omit<PaceOptions, 'gapSecondsMax'> = {}): DueTimes {
  switch (timing.kind) {
    case 'topspeed':
      return new TopSpeed(options.loopDelaySeconds);
    case 'steady':
      return new SteadyRate(timing.rate, options.loopDelaySeconds);
    case 'recorded':
      return new RecordedPace(timing.multiplier, { ...options, gapSecondsMax: timing.gapSecondsMax });
  }
}
