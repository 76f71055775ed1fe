import { type DeviceStatistics, readLifetimeCounts } from '../../tap/counters/device-statistics.js';
import { findUnreadQueues } from '../../tap/lease/unread-queues.js';
import { deviceDeleted } from '../../tap/link/device-errors.js';
import { type DeviceRates, type RateSample, type RateSource, ratesBetween } from './rate-sample.js';

/** Where the counts of a device come from. */
export interface CountReading {
  readonly source: RateSource;
  /** Returns what has been counted, whatever a reset changes; undefined if the device is not there any more. */
  read(): DeviceStatistics | undefined;
}

/** Reads rtap's counters of the device with index `ifindex`, since it was made. */
export function rtapReading(ifindex: number): CountReading {
  return { source: 'rtap', read: () => readLifetimeCounts(ifindex) };
}

/** How a device is watched. */
export interface StatisticsWatchOptions {
  readonly intervalMs: number;
  readonly reading: CountReading;
  readonly onRates: (rates: DeviceRates) => void;
}

/** Reads the counters of a device at even intervals and reports the rates in between, until it is disposed. */
export class StatisticsWatch implements Disposable {
  /** Settles when the device is not there any more. Rejects when its counters cannot be read. */
  readonly lost: Promise<void>;
  readonly #ifindex: number;
  readonly #intervalMs: number;
  readonly #reading: CountReading;
  readonly #onRates: (rates: DeviceRates) => void;
  readonly #startMs = performance.now();
  #before: RateSample;
  #interval = 0;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;
  #settle = () => {};
  #fail: (error: unknown) => void = () => {};

  constructor(ifindex: number, { intervalMs, reading, onRates }: StatisticsWatchOptions) {
    this.#ifindex = ifindex;
    this.#intervalMs = intervalMs;
    this.#reading = reading;
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
    this.#isOver = true;
  }

  /**
   * Readings follow an even grid, so the time of one does not delay the next. A reading that was missed is left out.
   */
  #schedule(): void {
    const elapsedMs = performance.now() - this.#startMs;
    this.#interval = Math.max(this.#interval + 1, Math.ceil(elapsedMs / this.#intervalMs));
    this.#timer = setTimeout(() => void this.#read(), this.#interval * this.#intervalMs - elapsedMs);
  }

  async #read(): Promise<void> {
    try {
      const sample = this.#sample();
      if (sample === undefined) {
        this.#settle();
        return;
      }
      const rates = ratesBetween(this.#before, sample, this.#reading.source);
      this.#before = sample;
      const unread = rates.missed > 0 ? await this.#unreadQueues() : undefined;
      if (this.#isOver) return;
      this.#onRates({ ...rates, unread });
      this.#schedule();
    } catch (error) {
      this.#fail(error);
    }
  }

  async #unreadQueues(): Promise<readonly number[] | undefined> {
    return (await findUnreadQueues([this.#ifindex])).get(this.#ifindex);
  }

  #sample(): RateSample | undefined {
    const statistics = this.#reading.read();
    return statistics === undefined ? undefined : { timeMs: performance.now(), statistics };
  }
}
