import { SystemError } from '../../errors.js';
import type { DueTimes } from './due-times.js';
import type { PacingClock } from './sending/pacing-clock.js';
import type { Transmission } from './sending/transmission.js';
import type { FrameSource } from './sources/frame-source.js';

/** If a duration is set: how late the last frames may be sent. */
const LATE_SECONDS = 0.2;

/** Shorter waits are no pause to show. */
const PAUSE_SHOWN_SECONDS = 1;

/** What `#sendDue` returns if the run is over. */
const OVER = -1;

/** What an injection works with; borrowed. */
export interface InjectionParts {
  readonly source: FrameSource;
  readonly dueTimes: DueTimes;
  readonly clock: PacingClock;
  readonly transmission: Pick<Transmission, 'add' | 'flush' | 'finish' | 'gone'>;
  /** Whether the run is to end, as after a signal. */
  readonly stopped: () => boolean;
}

/** How much is sent. Infinity for no limit. */
export interface InjectionBounds {
  /** Passes through the source. */
  readonly loops: number;
  /** Frames of the source. */
  readonly limit: number;
  /** Frames that are due at this time or later are not sent. */
  readonly durationSeconds: number;
}

/** Sends a source as often as wanted. Frames that are due are collected in bursts, which are sent before any waiting. */
export class Injection {
  readonly #parts: InjectionParts;
  readonly #bounds: InjectionBounds;
  /** Seconds that it takes at the recorded pace; undefined if the pace is another one, or the seconds are unknown. */
  readonly #paceSeconds: number | undefined;
  #pass = 0;
  #taken = 0;
  #takenBefore = 0;
  #isTimeUp = false;
  #inputEnded = false;
  /** When the frame that the run waits for is due; 0 if it waits for none. */
  #awaited = 0;
  /** Made once, since the clock calls it in every wait. */
  readonly #over = () => this.#isTimeUp || this.#parts.stopped() || this.#parts.transmission.gone;

  constructor(parts: InjectionParts, bounds: InjectionBounds) {
    this.#parts = parts;
    this.#bounds = bounds;
    const { source, dueTimes } = parts;
    const { recordedTimes } = source;
    this.#paceSeconds = recordedTimes && dueTimes.span?.(recordedTimes, bounds.loops, bounds.limit);
  }

  /**
   * How much of the time is over, 0 to 1; undefined if that is unknown. With recorded times neither frames nor bytes tell
   * it: half of a capture's frames may come in its first second, and the others in an hour.
   */
  get fraction(): number | undefined {
    const { loops, durationSeconds } = this.#bounds;
    const { dueTimes, clock } = this.#parts;
    if (dueTimes.span === undefined) return bounded(this.#share(), clock.seconds / durationSeconds);
    const paceSeconds = this.#paceSeconds ?? (loops === Infinity ? Infinity : undefined);
    if (paceSeconds === undefined) return undefined;
    return bounded(clock.seconds / Math.min(paceSeconds, durationSeconds));
  }

  /** How much of the input has been read, 0 to 1; undefined if `fraction` is known. */
  get readFraction(): number | undefined {
    return this.fraction === undefined ? bounded(this.#share()) : undefined;
  }

  /** Seconds until the next frame, if the run is in a pause of one second or longer; else undefined. */
  get pauseLeft(): number | undefined {
    const left = this.#awaited - this.#parts.clock.seconds;
    return this.#awaited > 0 && left >= PAUSE_SHOWN_SECONDS ? left : undefined;
  }

  /** Whether the run ended because the input did. */
  get inputEnded(): boolean {
    return this.#inputEnded;
  }

  /** Sends everything. A fault in the input ends it: the frames before it are sent, and it is returned. */
  async run(): Promise<Error | undefined> {
    const { transmission } = this.#parts;
    try {
      await this.#send();
    } catch (error) {
      // A SystemError is about the device: what its ring refused is not sent again.
      if (!(error instanceof Error) || error instanceof SystemError) throw error;
      transmission.flush();
      transmission.finish();
      return error;
    }
    transmission.flush();
    transmission.finish();
    return undefined;
  }

  /** The share of the wanted frames, or of the input, that has been sent; 0 if that is unknown. */
  #share(): number {
    const { loops, limit } = this.#bounds;
    const { fraction } = this.#parts.source;
    return Math.max(this.#taken / limit, fraction === undefined ? 0 : (this.#pass + fraction) / loops);
  }

  async #send(): Promise<void> {
    const { source, clock, transmission } = this.#parts;
    while (!this.#over()) {
      const halt = this.#sendDue();
      if (halt === OVER) return;
      if (halt instanceof Promise) {
        const more = await halt;
        if (this.#over() || !this.#goesOn(more)) return;
        continue;
      }
      transmission.flush();
      if (this.#isTooLate(halt)) return;
      this.#awaited = halt;
      await clock.until(halt, this.#over);
      this.#awaited = 0;
      if (this.#isTooLate(halt) || this.#over()) return;
      this.#add(source, halt);
    }
  }

  /**
   * Sends frames until the run has to wait. Returns when the source's current frame is due, if it is early or the event loop should
   * have a turn; the promise of more input; or OVER.
   *
   * Hot path: a pass may be a single frame. A signal or a timer can stop a run only during an `await`, so the loop checks for each
   * frame only whether the device has gone. V8 compiles a loop in an async function less well: 64-byte frames took 15 ns more each.
   */
  #sendDue(): number | Promise<boolean> {
    const { source, dueTimes, clock, transmission } = this.#parts;
    const { limit, durationSeconds } = this.#bounds;
    for (;;) {
      while (this.#taken < limit && source.next()) {
        // A frame that is refused without being sent has no time to wait for.
        const due = source.ethernet ? dueTimes.due(source.recordedSeconds, source.length) : 0;
        if (!clock.mayGo(due)) return due;
        if ((durationSeconds !== Infinity && this.#isTooLate(due)) || transmission.gone) return OVER;
        this.#add(source, due);
      }
      if (this.#taken >= limit) return OVER;
      const refilled = this.#refill();
      if (refilled instanceof Promise) return refilled;
      if (this.#over() || !this.#goesOn(refilled)) return OVER;
    }
  }

  /** Begins the next pass unless there is `more` of this one. Returns false if the input has ended. */
  #goesOn(more: boolean): boolean {
    this.#inputEnded = !more && !this.#beginPass();
    return !this.#inputEnded;
  }

  #add(source: FrameSource, due: number): void {
    this.#taken += 1;
    this.#parts.transmission.add(source, due);
  }

  /** If the run is behind the clock, its last frames get some time more: they are late, not lost. */
  #isTooLate(due: number): boolean {
    const { durationSeconds } = this.#bounds;
    const grace = due > 0 ? LATE_SECONDS : 0;
    return due >= durationSeconds || this.#parts.clock.lastSeen >= durationSeconds + grace;
  }

  /** Starts the next pass. False after the last one. */
  #beginPass(): boolean {
    this.#pass += 1;
    // Without frames, endless passes would never end.
    if (this.#pass >= this.#bounds.loops || this.#taken === this.#takenBefore) return false;
    this.#takenBefore = this.#taken;
    this.#parts.source.rewind();
    this.#parts.dueTimes.repeat(this.#parts.clock);
    return true;
  }

  /** Brings more input. If that has to wait, as on a pipe, frames are sent first, and the duration goes on. */
  #refill(): boolean | Promise<boolean> {
    const refilled = this.#parts.source.refill();
    if (!(refilled instanceof Promise)) return refilled;
    this.#parts.transmission.flush();
    const { clock, source } = this.#parts;
    const left = this.#bounds.durationSeconds - clock.seconds;
    if (left === Infinity) return refilled;
    const timer = setTimeout(() => {
      this.#isTimeUp = true;
      source.cancel();
    }, left * 1000);
    return refilled.finally(() => clearTimeout(timer));
  }
}

/** The largest of `fractions`, at most 1; undefined if none is above 0. */
function bounded(...fractions: readonly number[]): number | undefined {
  const most = Math.max(...fractions);
  return most > 0 ? Math.min(most, 1) : undefined;
}
