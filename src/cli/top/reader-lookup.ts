import { findQueueReaders, type QueueReaders } from '../stats/queue-readers.js';
import type { RatedDevice } from '../stats/rate-table.js';

/** A walk over /proc each second would take longer than all else. Milliseconds. */
const INTERVAL_MS = 2000;

/**
 * Looks up which process reads each queue of devices. Returns the last answer, some seconds old at most, so that a holder that does
 * not answer delays no drawing.
 */
export class ReaderLookup {
  readonly #onNews: () => void;
  readonly #onError: (error: unknown) => void;
  #readers: ReadonlyMap<number, QueueReaders> = new Map();
  #nextMs = 0;
  #isBusy = false;

  constructor(onNews: () => void, onError: (error: unknown) => void) {
    this.#onNews = onNews;
    this.#onError = onError;
  }

  /** Adds the known readers to devices, and the queues without one. Looks for them again if the last look is old, or a device new. */
  addTo(devices: readonly RatedDevice[]): RatedDevice[] {
    const isNew = devices.some(({ rates }) => !this.#readers.has(rates.ifindex));
    if (isNew || performance.now() >= this.#nextMs) void this.#look(devices);
    return devices.map(({ rates, history }) => {
      const readers = this.#readers.get(rates.ifindex);
      const unread = rates.queues.map(({ queue }) => queue).filter((queue) => isUnread(readers, queue));
      return { rates: { ...rates, unread }, history, readers };
    });
  }

  async #look(devices: readonly RatedDevice[]): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      this.#readers = await findQueueReaders(devices.map(({ rates }) => rates.ifindex));
      this.#nextMs = performance.now() + INTERVAL_MS;
      this.#onNews();
    } catch (error) {
      this.#onError(error);
    } finally {
      this.#isBusy = false;
    }
  }
}

function isUnread(readers: QueueReaders | undefined, queue: number): boolean {
  return readers !== undefined && readers(queue) === undefined;
}
