import { readStatisticsAt } from '../../tap/counters/device-statistics.js';
import { deviceDeleted } from '../../tap/link/device-errors.js';
import { type DeviceRates, type RateSample, ratesBetween } from './rate-sample.js';

/** Reads the counters of a device at even intervals and reports the rates in between, until it is disposed. */
export class StatisticsWatch implements Disposable {
  /** Settles when the device is not there any more. Rejects when its counters cannot be read. */
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

  /** The device's last known name. */
  get name(): string {
    return this.#before.statistics.name;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  /**
   * Readings follow an even grid, so the time of one does not delay the next. A reading that was missed is left out.
   */
  #schedule(): void {
    const elapsedMs = performance.now() - this.#startMs;
    this.#interval = Math.max(this.#interval + 1, Math.ceil(elapsedMs / this.#intervalMs));
    this.#timer = setTimeout(() => this.#read(), this.#interval * this.#intervalMs - elapsedMs);
  }

  #read(): void {
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
