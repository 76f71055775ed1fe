import { fileRefused } from '../../tap/state/file-refusal.js';
import { jsonText, printableText } from '../output/escapes.js';
import { OutputWriter } from '../output/output-writer.js';
import { eventLine } from './event-text.js';
import type { EventSink, MonitorEvent } from './monitor-event.js';

const STDOUT = 1;
/** How long to wait at the end for a reader that does not read. */
const DRAIN_MS = 1000;
/** How long to wait before events are reported again to a reader that was too slow. */
const RETRY_MS = 1000;

/** Writes events to standard output, as one line or one JSON object each. Never waits for the reader. */
export class EventOutput implements EventSink, Disposable {
  readonly #output = new OutputWriter(STDOUT, false, { unbuffered: true });
  readonly #encoder = new TextEncoder();
  readonly #json: boolean;
  /** Settles if nothing more can be written. */
  readonly failed: Promise<void>;
  readonly #retry: () => void;
  #retryTimer: NodeJS.Timeout | undefined;

  /** @param retry called some time after there was no room for an event */
  constructor({ json, retry }: { readonly json: boolean; readonly retry: () => void }) {
    this.#json = json;
    this.#retry = retry;
    this.failed = new Promise((resolve) => this.#output.onError(resolve));
    this.#output.followReader();
  }

  /** Events that were dropped because the reader is too slow. 0 for a reader that has closed its end. */
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

  /** Waits for the reader for some time. Throws the error of the last write, unless the reader has closed its end. */
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
    return this.#json
      ? jsonText({ time: time.toISOString(), ...event })
      : printableText(eventLine(event, time));
  }
}
