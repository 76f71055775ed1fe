import { SystemError } from '../../errors.js';
import type { DueTimes } from './due-times.js';
import type { FrameSource } from './frame-source.js';
import type { PacingClock } from './pacing-clock.js';
import type { Transmission } from './transmission.js';

/** How late a frame of the last moment may be, where a duration is set. */
const LATE_SECONDS = 0.2;

/** What an injection works with; borrowed. */
export interface InjectionParts {
  readonly source: FrameSource;
  readonly dueTimes: DueTimes;
  readonly clock: PacingClock;
  readonly transmission: Pick<Transmission, 'add' | 'flush' | 'gone'>;
  /** Whether somebody wants it to end. */
  readonly stopped: () => boolean;
}

/** How much is sent. Infinity for no bound. */
export interface InjectionBounds {
  /** Passes through the source. */
  readonly loops: number;
  /** Frames of the source. */
  readonly limit: number;
  /** Frames due at this moment or later are not sent. */
  readonly durationSeconds: number;
}

/** Sends a source as often as wanted. What is due is collected in bursts; these are sent before any waiting. */
export class Injection {
  readonly #parts: InjectionParts;
  readonly #bounds: InjectionBounds;
  /** Seconds that it takes at the pace recorded; undefined where that is not the pace, or not known. */
  readonly #paceSeconds: number | undefined;
  #pass = 0;
  #taken = 0;
  #takenBefore = 0;
  #timeIsUp = false;
  /** Made once: the clock asks in every wait. */
  readonly #over = () => this.#timeIsUp || this.#parts.stopped() || this.#parts.transmission.gone;

  constructor(parts: InjectionParts, bounds: InjectionBounds) {
    this.#parts = parts;
    this.#bounds = bounds;
    const { source, dueTimes } = parts;
    const span =
      dueTimes.multiplier === undefined ? undefined : source.recordedSpan?.(bounds.loops, bounds.limit);
    this.#paceSeconds = span === undefined ? undefined : span / (dueTimes.multiplier ?? 1);
  }

  /**
   * How much of it is done, 0 to 1, so that it tells the time that is left; undefined where nobody knows. Frames and
   * bytes do not tell it where times are recorded: a capture may begin with a second and end with an hour.
   */
  get fraction(): number | undefined {
    const { loops, durationSeconds } = this.#bounds;
    const { dueTimes, clock } = this.#parts;
    if (dueTimes.multiplier === undefined) return bounded(this.#share(), clock.seconds / durationSeconds);
    const paceSeconds = this.#paceSeconds ?? (loops === Infinity ? Infinity : undefined);
    if (paceSeconds === undefined) return undefined;
    return bounded(clock.seconds / Math.min(paceSeconds, durationSeconds));
  }

  /** How much of the input has been taken, 0 to 1, where no more is known than that. */
  get readFraction(): number | undefined {
    return this.fraction === undefined ? bounded(this.#share()) : undefined;
  }

  /** Sends it all. A fault in the input ends it: what came before is sent, and the fault is returned. */
  async run(): Promise<Error | undefined> {
    const { transmission } = this.#parts;
    try {
      await this.#send();
    } catch (error) {
      // Those are of the device: what its ring did not take once is not offered again.
      if (!(error instanceof Error) || error instanceof SystemError) throw error;
      transmission.flush();
      return error;
    }
    transmission.flush();
    return undefined;
  }

  /** Of the frames that are wanted, or of the input, so much has been taken; 0 where nobody knows. */
  #share(): number {
    const { loops, limit } = this.#bounds;
    const { fraction } = this.#parts.source;
    return Math.max(this.#taken / limit, fraction === undefined ? 0 : (this.#pass + fraction) / loops);
  }

  /** One function, which waits only where it must: a pass may be a single frame. */
  async #send(): Promise<void> {
    const { source, dueTimes, clock, transmission } = this.#parts;
    const { limit } = this.#bounds;
    if (this.#over()) return;
    for (;;) {
      while (this.#taken < limit && source.next()) {
        clock.begin();
        const due = dueTimes.due(source.recordedSeconds, source.frame.length);
        if (!clock.mayGo(due)) {
          transmission.flush();
          if (this.#isTooLate(due)) return;
          await clock.until(due, this.#over);
        }
        if (this.#isTooLate(due) || this.#over()) return;
        this.#taken += 1;
        source.stamp?.();
        transmission.add(source, due);
      }
      if (this.#taken >= limit || this.#over()) return;
      const refilled = this.#refill();
      const more = refilled instanceof Promise ? await refilled : refilled;
      if (this.#over() || (!more && !this.#beginPass())) return;
    }
  }

  /** What is behind its clock has some time left: the last frames of a run are late, not lost. */
  #isTooLate(due: number): boolean {
    const { durationSeconds } = this.#bounds;
    const grace = due > 0 ? LATE_SECONDS : 0;
    return due >= durationSeconds || this.#parts.clock.lastSeen >= durationSeconds + grace;
  }

  /** Begins again; false when it was the last pass. */
  #beginPass(): boolean {
    this.#pass += 1;
    // Endless passes through nothing would be work for nobody.
    if (this.#pass >= this.#bounds.loops || this.#taken === this.#takenBefore) return false;
    this.#takenBefore = this.#taken;
    this.#parts.source.rewind();
    this.#parts.dueTimes.repeat();
    return true;
  }

  /** Brings more input. A pipe may let us wait: no frame waits with it, and the time does not stand still. */
  #refill(): boolean | Promise<boolean> {
    const refilled = this.#parts.source.refill();
    if (!(refilled instanceof Promise)) return refilled;
    this.#parts.transmission.flush();
    const { clock, source } = this.#parts;
    const left = this.#bounds.durationSeconds - clock.seconds;
    if (left === Infinity) return refilled;
    const timer = setTimeout(() => {
      this.#timeIsUp = true;
      source.cancel();
    }, left * 1000);
    return refilled.finally(() => clearTimeout(timer));
  }
}

/** The greatest of `fractions`, at most 1; undefined where there is nothing above 0. */
function bounded(...fractions: readonly number[]): number | undefined {
  const most = Math.max(...fractions);
  return most > 0 ? Math.min(most, 1) : undefined;
}
