import { type FSWatcher, watch } from 'node:fs';
import { isSystemError } from '../../sys/errno.js';
import { ProcessWatch } from '../../sys/process-watch.js';
import { findDeviceDirectory } from '../state/runtime-directory.js';
import { GreetingQuery, type QueriedHolder } from './greeting-query.js';
import type { Greeting } from './holder-reply.js';

/** How long after a change to query the holder. Several changes come together. */
const SETTLE_MS = 50;
/** How long a holder may take to reply. A stopped holder never does. */
const REPLY_MS = 2000;
/**
 * How often to query the holder without a reason, in case a change was not noticed: first after this time, then after twice
 * the time as long as nothing changes.
 */
const REPEAT_MS_MIN = 1000;
const REPEAT_MS_MAX = 8000;

/**
 * Watches which process holds a device, and which processes borrow its queues. It never waits: it calls back with the greeting of
 * the holder, and with undefined if there is none.
 *
 * It queries the holder when something changes in the device's folder, where a holder touches its lock with each lease that begins
 * or ends, and when the process of the holder ends.
 */
export class HolderWatch implements Disposable {
  readonly #ifindex: number;
  readonly #onGreeting: (greeting: Greeting | undefined) => void;
  #query: GreetingQuery | undefined;
  #folder: FSWatcher | undefined;
  #process: ProcessWatch | undefined;
  #timer: NodeJS.Timeout | undefined;
  #delayMs = REPEAT_MS_MIN;
  /** Whether a query is due within SETTLE_MS. */
  #settling = false;
  /** Whether something changed after the present query began. */
  #outdated = false;
  /** The last result, as text. */
  #last = '';
  #open = true;

  /** Begins to watch the device with index `ifindex` of this network namespace. */
  constructor(ifindex: number, onGreeting: (greeting: Greeting | undefined) => void) {
    this.#ifindex = ifindex;
    this.#onGreeting = onGreeting;
    this.refresh();
  }

  /** Queries the holder soon, since something may have changed. Calls that come often lead to one query. */
  refresh(): void {
    if (this.#query !== undefined) this.#outdated = true;
    else this.#settle();
  }

  [Symbol.dispose](): void {
    this.#open = false;
    clearTimeout(this.#timer);
    this.#query?.[Symbol.dispose]();
    this.#process?.[Symbol.dispose]();
    this.#folder?.close();
  }

  /** Further changes do not delay the query. */
  #settle(): void {
    if (this.#settling) return;
    this.#settling = true;
    this.#beginIn(SETTLE_MS);
  }

  #beginIn(delayMs: number): void {
    clearTimeout(this.#timer);
    if (!this.#open) return;
    this.#timer = setTimeout(() => this.#begin(), delayMs);
    this.#timer.unref();
  }

  #begin(): void {
    this.#query?.[Symbol.dispose]();
    this.#query = undefined;
    this.#settling = false;
    this.#outdated = false;
    const begun = this.#beginQuery();
    if (!(begun instanceof GreetingQuery)) {
      this.#handle(begun);
      return;
    }
    this.#query = begun;
    // A query without a reply changes nothing, and is replaced by the next.
    this.#beginIn(REPLY_MS);
  }

  #beginQuery(): ReturnType<typeof GreetingQuery.begin> {
    try {
      const folder = findDeviceDirectory(this.#ifindex);
      this.#watchFolder(folder);
      return folder === undefined
        ? 'absent'
        : GreetingQuery.begin(folder, this.#ifindex, (result) => this.#handle(result));
    } catch (error) {
      if (isSystemError(error)) return 'unknown';
      throw error;
    }
  }

  #handle(result: QueriedHolder): void {
    this.#query = undefined;
    const text = typeof result === 'string' ? result : JSON.stringify(result);
    this.#delayMs = text === this.#last ? Math.min(2 * this.#delayMs, REPEAT_MS_MAX) : REPEAT_MS_MIN;
    this.#last = text;
    clearTimeout(this.#timer);
    if (this.#outdated) this.#settle();
    // No repetition without a holder: a new one changes the folder. But the folder itself may be yet to come.
    else if (result !== 'absent' || this.#folder === undefined) this.#beginIn(this.#delayMs);
    if (result === 'unknown') return;
    const greeting = result === 'absent' ? undefined : result;
    this.#watchProcess(greeting?.holder.pid ?? 0);
    this.#onGreeting(greeting);
  }

  /** Notices a holder that is killed, which changes nothing in the folder. */
  #watchProcess(pid: number): void {
    if (this.#process?.pid === pid) return;
    this.#process?.[Symbol.dispose]();
    this.#process = pid === 0 ? undefined : ProcessWatch.open(pid, () => this.refresh());
  }

  /** Watches the folder anew with each query: it may have been removed and made again. */
  #watchFolder(folder: string | undefined): void {
    this.#folder?.close();
    this.#folder = undefined;
    if (folder === undefined) return;
    try {
      const watcher = watch(folder, { persistent: false }, () => this.refresh());
      watcher.on('error', () => watcher.close());
      this.#folder = watcher;
    } catch {
      // The folder is gone again, or no inotify instance is left. The repeated queries notice what changes.
    }
  }
}
