import type { Console } from './console.js';

/** Longest delay that a timer takes. */
const TIMER_MS_MAX = 0x7fff_ffff;

/** A signal's wish that the program end: noticed until disposed, instead of ending it at once. */
export class StopRequest implements Disposable {
  /** Settles when a signal has come. */
  readonly happened: Promise<void>;
  readonly #forget: () => void;
  // A promise keeps no process alive.
  readonly #alive = setInterval(() => {}, TIMER_MS_MAX);
  #requested = false;

  constructor(console: Console) {
    let settle = () => {};
    this.happened = new Promise((resolve) => {
      settle = resolve;
    });
    this.#forget = console.onStop(() => {
      this.#requested = true;
      settle();
    });
  }

  /** Whether a signal has come. */
  get requested(): boolean {
    return this.#requested;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#alive);
    this.#forget();
  }
}
