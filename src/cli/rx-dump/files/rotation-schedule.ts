const MINUTE_SECONDS = 60;

/** Longest sleep. The clock may be set or the machine suspended, and a timer does not notice that. */
const LOOK_MS_MAX = 60_000;

/** When the period of a file is over, by the local clock. A timer notices it if no frame comes. */
export class RotationSchedule implements Disposable {
  readonly #periodSeconds: number;
  readonly #clock: () => number;
  readonly #onDue: () => void;
  #dueSeconds: number;
  #timer: NodeJS.Timeout | undefined;

  /** Calls `onDue` when a period is over. `clock` returns milliseconds since 1970. */
  constructor(periodSeconds: number, clock: () => number, onDue: () => void) {
    this.#periodSeconds = periodSeconds;
    this.#clock = clock;
    this.#onDue = onDue;
    this.#dueSeconds = nextRotation(this.#seconds(), periodSeconds);
    this.#sleep();
  }

  /** Whether the period is over. */
  get due(): boolean {
    return this.#seconds() >= this.#dueSeconds;
  }

  /** Starts the next period. Returns when it began, in whole seconds since 1970. */
  advance(): number {
    const now = this.#seconds();
    const began = this.#dueSeconds;
    this.#dueSeconds = nextRotation(now, this.#periodSeconds);
    // If whole periods were missed, the current time is closer to what the file contains.
    return nextRotation(began, this.#periodSeconds) > now ? began : now;
  }

  /** Ends it: no period is over any more. */
  [Symbol.dispose](): void {
    this.#dueSeconds = Number.POSITIVE_INFINITY;
    clearTimeout(this.#timer);
  }

  #seconds(): number {
    return Math.floor(this.#clock() / 1000);
  }

  #sleep(): void {
    if (this.#dueSeconds === Number.POSITIVE_INFINITY) return;
    const delay = Math.max(1, this.#dueSeconds * 1000 - this.#clock());
    this.#timer = setTimeout(() => this.#wake(), Math.min(delay, LOOK_MS_MAX));
  }

  #wake(): void {
    // If the clock was set back, the next step is nearer now.
    this.#dueSeconds = Math.min(this.#dueSeconds, nextRotation(this.#seconds(), this.#periodSeconds));
    if (this.due) this.#onDue();
    this.#sleep();
  }
}

/**
 * The next time after `now` when the local clock shows a full multiple of `period`: full minutes for 60, midnight for
 * 86,400. A period that does not divide the day has steps of its own, the same in every run.
 *
 * All times are whole seconds since 1970.
 *
 * @param offsetAt how far the local clock is ahead of UTC at a time, in seconds @default this machine's zone
 */
export function nextRotation(
  now: number,
  period: number,
  offsetAt: (seconds: number) => number = localOffset,
): number {
  const offset = offsetAt(now);
  const next = (Math.floor((now + offset) / period) + 1) * period - offset;
  const shift = offsetAt(next) - offset;
  // If summer time begins or ends in between, the clock does not show a multiple at that time.
  if (shift % period === 0) return next;
  const shifted = next - shift;
  // If the clock skips the multiple (midnight, in some zones), the file ends at the skip.
  return offsetAt(shifted) === offset ? next : shifted;
}

function localOffset(seconds: number): number {
  return -new Date(seconds * 1000).getTimezoneOffset() * MINUTE_SECONDS;
}
