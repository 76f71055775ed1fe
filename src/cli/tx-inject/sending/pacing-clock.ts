/** Below this a timer is too coarse: the thread sleeps instead. */
const TIMER_MS_MIN = 3;
/** A timer is set to end this much early, and the thread sleeps for the rest. */
const TIMER_EARLY_MS = 1.5;
/** Longest time between two turns of the event loop, which handles signals. */
const TURN_MS = 20;

/** Frames that may go between two looks at the clock: those of a burst. A look also costs 16 bytes of the heap. */
const FRAMES_PER_LOOK = 128;

const sleepWord = new Int32Array(new SharedArrayBuffer(4));

/** The clock of a run. Waits until frames are due, and lets the event loop handle signals while it waits. */
export class PacingClock {
  #start: number | undefined;
  #lastTurn = performance.now();
  /** Less than 0 until the time is read for the first time. */
  #lastSeen = -1;
  #unseen = 0;

  /** Starts the clock. Further calls change nothing. */
  begin(): void {
    this.#start ??= performance.now();
  }

  /** Seconds since the run began; 0 before. */
  get seconds(): number {
    return this.#start === undefined ? 0 : (performance.now() - this.#start) / 1000;
  }

  /** Seconds from the start of the run to `nowMs`, a time of performance.now(). */
  secondsAt(nowMs: number): number {
    return this.#start === undefined ? 0 : (nowMs - this.#start) / 1000;
  }

  /**
   * Whether a frame that is due at `due` (seconds since the run began) may be sent now. Starts the clock with the first frame.
   * Reads the time for each frame whose due time is new, for the others once in a while, since that takes as long as sending a
   * frame.
   */
  mayGo(due: number): boolean {
    if (due <= this.#lastSeen) {
      this.#unseen += 1;
      if (this.#unseen < FRAMES_PER_LOOK) return true;
    }
    this.#unseen = 0;
    this.begin();
    const now = performance.now();
    this.#lastSeen = this.secondsAt(now);
    return due <= this.#lastSeen && now - this.#lastTurn <= TURN_MS;
  }

  /** Seconds since the run began, when the time was last read; less than 0 before. */
  get lastSeen(): number {
    return this.#lastSeen;
  }

  /** Whether the event loop should have a turn. */
  get turnIsDue(): boolean {
    return performance.now() - this.#lastTurn > TURN_MS;
  }

  /** Gives the event loop a turn. */
  async turn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#lastTurn = performance.now();
  }

  /**
   * Waits until `due`, and lets the event loop handle signals. Ends early, within some milliseconds, when `stopped` returns
   * true.
   */
  async until(due: number, stopped: () => boolean): Promise<void> {
    if (this.turnIsDue) await this.turn();
    for (;;) {
      const left = (due - this.seconds) * 1000;
      if (left <= 0 || stopped()) return;
      if (left > TIMER_MS_MIN) await this.#sleepLong(Math.min(left - TIMER_EARLY_MS, TURN_MS));
      else Atomics.wait(sleepWord, 0, 0, left);
      if (this.turnIsDue) await this.turn();
    }
  }

  async #sleepLong(milliseconds: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    this.#lastTurn = performance.now();
  }
}
