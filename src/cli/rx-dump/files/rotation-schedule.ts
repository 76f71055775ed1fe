import { nextRotation } from './rotation-time.js';

/** Longest sleep: the clock may be set, and the machine suspended, and a timer would not know. */
const LOOK_MS_MAX = 60_000;

/** When the period of a file is over: steps of the local clock, noticed also when nothing happens. */
export class RotationSchedule implements Disposable {
  readonly #periodSeconds: number;
  readonly #clock: () => number;
  readonly #onDue: () => void;
  #dueSeconds: number;
  #timer: NodeJS.Timeout | undefined;

  /** `onDue` is called when a period may be over; `clock` gives milliseconds since 1970. */
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

  /** Goes on to the period that has begun; returns when that was, in whole seconds since 1970. */
  advance(): number {
    const now = this.#seconds();
    const began = this.#dueSeconds;
    this.#dueSeconds = nextRotation(now, this.#periodSeconds);
    // Where whole periods were missed, the time itself says more.
    return nextRotation(began, this.#periodSeconds) > now ? began : now;
  }

  /** No period is over from now on. */
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
    // The clock was set back: the next step is nearer now.
    this.#dueSeconds = Math.min(this.#dueSeconds, nextRotation(this.#seconds(), this.#periodSeconds));
    if (this.due) this.#onDue();
    this.#sleep();
  }
}
