import type { Console } from './console.js';

/** Longest delay that a timer takes. */
const TIMER_MS_MAX = 0x7fff_ffff;

/** A signal's wish that the program end: noticed until disposed, instead of ending it at once. */
export class StopRequest implements Disposable {
  /** Settles when a signal has come. */
  readonly happened: Promise<void>;
  readonly #console: Console;
  readonly #onStop: () => void;
  #forget: () => void;
  // A promise keeps no process alive.
  readonly #alive = setInterval(() => {}, TIMER_MS_MAX);
  #requested = false;

  constructor(console: Console) {
    let settle = () => {};
    this.happened = new Promise((resolve) => {
      settle = resolve;
    });
    this.#console = console;
    this.#onStop = () => {
      this.#requested = true;
      settle();
    };
    this.#forget = console.onStop(this.#onStop);
  }

  /** Whether a signal has come. */
  get requested(): boolean {
    return this.#requested;
  }

  /** Lets the event loop tell of a signal that came while it did not run. Returns whether one has come. */
  async noticed(): Promise<boolean> {
    // Signals are polled for between one setImmediate and the next.
    for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
    return this.#requested;
  }

  /**
   * Runs what may wait without the event loop, where a signal would be noticed too late: meanwhile one ends the process, as it
   * ends any program. Nothing may be left behind by that. After a signal that has come already, it runs as anything else.
   */
  async unguarded<T>(run: () => T): Promise<T> {
    // Node forgets a signal that it has not told of yet together with the listener: it is heard before.
    if (await this.noticed()) return run();
    this.#forget();
    try {
      return run();
    } finally {
      this.#forget = this.#console.onStop(this.#onStop);
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#alive);
    this.#forget();
  }
}
