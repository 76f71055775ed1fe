import { readStatisticsAt } from '../../tap/counters/device-statistics.js';
import { deviceDeleted } from '../../tap/link/device-errors.js';
import { type DeviceRates, type RateSample, ratesBetween } from './rate-sample.js';

/** Looks at the counters of a device at even intervals, and tells the rates in between, until it is disposed. */
export class StatisticsWatch implements Disposable {
  /** Settles when the device is not there any more; fails with what stops the looking. */
  readonly lost: Promise<void>;
  readonly #ifindex: number;
  readonly #intervalMs: number;
  readonly #onRates: (rates: DeviceRates) => void;
  readonly #startMs = performance.now();
  #before: RateSample;
  #interval = 0;
  #timer: NodeJS.Timeout | undefined;
  #settle = () => {};
  #fail: (error: unknown) => void = () => {};

  constructor(ifindex: number, intervalMs: number, onRates: (rates: DeviceRates) => void) {
    this.#ifindex = ifindex;
    this.#intervalMs = intervalMs;
    this.#onRates = onRates;
    const first = this.#sample();
    if (first === undefined) throw deviceDeleted(`link ${ifindex}`, 'watch');
    this.#before = first;
    this.lost = new Promise((resolve, reject) => {
      this.#settle = resolve;
      this.#fail = reject;
    });
    this.#schedule();
  }

  /** What the device was called last. */
  get name(): string {
    return this.#before.statistics.name;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  /** On an even grid: what one look takes does not delay the next. One that was slept through is not made up for. */
  #schedule(): void {
    const elapsedMs = performance.now() - this.#startMs;
    this.#interval = Math.max(this.#interval + 1, Math.ceil(elapsedMs / this.#intervalMs));
    this.#timer = setTimeout(() => this.#look(), this.#interval * this.#intervalMs - elapsedMs);
  }

  #look(): void {
    try {
      const sample = this.#sample();
      if (sample === undefined) {
        this.#settle();
        return;
      }
      this.#onRates(ratesBetween(this.#before, sample));
      this.#before = sample;
      this.#schedule();
    } catch (error) {
      this.#fail(error);
    }
  }

  #sample(): RateSample | undefined {
    const statistics = readStatisticsAt(this.#ifindex);
    return statistics === undefined ? undefined : { timeMs: performance.now(), statistics };
  }
}
