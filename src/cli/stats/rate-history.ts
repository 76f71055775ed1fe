import type { DeviceRates } from './rate-sample.js';

/** As many intervals as a wide terminal has columns for. */
const INTERVALS_MAX = 200;

/** The packets a second, rx and tx together, of each queue of a device in its last intervals. */
export class RateHistory {
  readonly #queues = new Map<number, number[]>();
  #most = 0;

  /** The largest value that it has; 0 if no frame moved. */
  get most(): number {
    return this.#most;
  }

  add({ queues }: DeviceRates): void {
    for (const { queue, rx, tx } of queues) {
      const values = this.#queues.get(queue) ?? [];
      values.push(rx.packetsPerSecond + tx.packetsPerSecond);
      if (values.length > INTERVALS_MAX) values.shift();
      this.#queues.set(queue, values);
    }
    this.#most = Math.max(0, ...[...this.#queues.values()].flat());
  }

  /** The values of a queue, the newest last. */
  of(queue: number): readonly number[] {
    return this.#queues.get(queue) ?? [];
  }
}
