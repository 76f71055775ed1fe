import { fileRefused } from '../../tap/state/file-refusal.js';
import { OutputWriter } from '../output/output-writer.js';
import { eventLine } from './event-text.js';
import type { EventSink, MonitorEvent } from './monitor-event.js';

const STDOUT = 1;
/** How long the end waits for a reader that has stopped reading. */
const DRAIN_MS = 1000;
/** How long a reader that was too slow has to catch up. */
const RETRY_MS = 1000;

/** Writes events to standard output, a line or an object each, and never waits for who reads them. */
export class EventOutput implements EventSink, Disposable {
  readonly #output = new OutputWriter(STDOUT, false, { unbuffered: true });
  readonly #encoder = new TextEncoder();
  readonly #json: boolean;
  /** Settles when nothing more can be written. */
  readonly failed: Promise<void>;
  readonly #retry: () => void;
  #retryTimer: NodeJS.Timeout | undefined;

  /** `retry` is called a while after an event found no room. */
  constructor({ json, retry }: { readonly json: boolean; readonly retry: () => void }) {
    this.#json = json;
    this.#retry = retry;
    this.failed = new Promise((resolve) => this.#output.onError(resolve));
    this.#output.followReader();
  }

  /** Events that nobody reads: the reader is too slow. */
  get lost(): number {
    return this.#output.error?.code === 'EPIPE' ? 0 : this.#output.dropped;
  }

  take(event: MonitorEvent): boolean {
    const taken = this.#output.write(this.#encoder.encode(`${this.#format(event)}\n`));
    this.#output.flushSoon();
    if (!taken) this.#retryLater();
    return taken;
  }

  #retryLater(): void {
    this.#retryTimer ??= setTimeout(() => {
      this.#retryTimer = undefined;
      this.#retry();
    }, RETRY_MS);
  }

  /** Waits for the reader as long as that has sense; throws what kept events from being written. */
  async finish(): Promise<void> {
    this.#output.finish();
    await this.#output.drain(DRAIN_MS);
    const { error } = this.#output;
    if (error !== undefined && error.code !== 'EPIPE')
      throw fileRefused('write', 'standard output', error.code ?? '');
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#retryTimer);
    this.#output[Symbol.dispose]();
  }

  #format(event: MonitorEvent): string {
    const time = new Date();
    return this.#json ? JSON.stringify({ time: time.toISOString(), ...event }) : eventLine(event, time);
  }
}
