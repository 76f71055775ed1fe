import { type FSWatcher, watch } from 'node:fs';
import { isSystemError } from '../../sys/errno.js';
import { ProcessWatch } from '../../sys/process-watch.js';
import { findDeviceDirectory } from '../state/runtime-directory.js';
import { GreetingQuery, type QueriedHolder } from './greeting-query.js';
import type { Greeting } from './holder-reply.js';

/** How long after a change it is looked at: several come together. */
const SETTLE_MS = 50;
/** How long a holder may take to answer; one that was stopped never does. */
const ANSWER_MS = 2000;
/**
 * How often a holder is asked again unasked, in case that something was not noticed: first after a change, then at twice
 * the time while nothing changes.
 */
const LOOK_MS_MIN = 1000;
const LOOK_MS_MAX = 8000;

/**
 * Follows who holds a device, and who borrows its queues, without waiting: calls back with what the holder says of itself,
 * undefined where there is none. It is asked when something changes in the device's runtime folder, where a holder touches
 * its lock with each lease that begins or ends, and when its process ends.
 */
export class HolderWatch implements Disposable {
  readonly #ifindex: number;
  readonly #onAnswer: (greeting: Greeting | undefined) => void;
  #query: GreetingQuery | undefined;
  #folder: FSWatcher | undefined;
  #process: ProcessWatch | undefined;
  #timer: NodeJS.Timeout | undefined;
  #delayMs = LOOK_MS_MIN;
  /** A look is due within SETTLE_MS. */
  #settling = false;
  /** Something changed while an answer was waited for. */
  #outdated = false;
  #last = '';
  #open = true;

  /** Begins to follow the device with index `ifindex` of this network namespace. */
  constructor(ifindex: number, onAnswer: (greeting: Greeting | undefined) => void) {
    this.#ifindex = ifindex;
    this.#onAnswer = onAnswer;
    this.look();
  }

  /** Says that something may have changed. However often that is said, it is looked at. */
  look(): void {
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

  /** What changes meanwhile puts it off no further. */
  #settle(): void {
    if (this.#settling) return;
    this.#settling = true;
    this.#lookIn(SETTLE_MS);
  }

  #lookIn(delayMs: number): void {
    clearTimeout(this.#timer);
    if (!this.#open) return;
    this.#timer = setTimeout(() => this.#ask(), delayMs);
    this.#timer.unref();
  }

  #ask(): void {
    this.#query?.[Symbol.dispose]();
    this.#query = undefined;
    this.#settling = false;
    this.#outdated = false;
    const begun = this.#begin();
    if (!(begun instanceof GreetingQuery)) {
      this.#hear(begun);
      return;
    }
    this.#query = begun;
    // Without an answer it is as it was.
    this.#lookIn(ANSWER_MS);
  }

  #begin(): ReturnType<typeof GreetingQuery.begin> {
    try {
      const folder = findDeviceDirectory(this.#ifindex);
      this.#watchFolder(folder);
      return folder === undefined
        ? 'absent'
        : GreetingQuery.begin(folder, this.#ifindex, (answer) => this.#hear(answer));
    } catch (error) {
      if (isSystemError(error)) return 'unknown';
      throw error;
    }
  }

  #hear(answer: QueriedHolder): void {
    this.#query = undefined;
    const facts = typeof answer === 'string' ? answer : JSON.stringify(answer);
    this.#delayMs = facts === this.#last ? Math.min(2 * this.#delayMs, LOOK_MS_MAX) : LOOK_MS_MIN;
    this.#last = facts;
    clearTimeout(this.#timer);
    if (this.#outdated) this.#settle();
    // A holder that is to come makes itself noticed.
    else if (answer !== 'absent') this.#lookIn(this.#delayMs);
    if (answer === 'unknown') return;
    const greeting = answer === 'absent' ? undefined : answer;
    this.#watchProcess(greeting?.holder.pid ?? 0);
    this.#onAnswer(greeting);
  }

  /** One that is killed says nothing. */
  #watchProcess(pid: number): void {
    if (this.#process?.pid === pid) return;
    this.#process?.[Symbol.dispose]();
    this.#process = pid === 0 ? undefined : ProcessWatch.open(pid, () => this.look());
  }

  /** Anew each time: the folder may be another one of the same name. */
  #watchFolder(folder: string | undefined): void {
    this.#folder?.close();
    this.#folder = undefined;
    if (folder === undefined) return;
    try {
      const watcher = watch(folder, { persistent: false }, () => this.look());
      watcher.on('error', () => watcher.close());
      this.#folder = watcher;
    } catch {
      // Gone again, or no inotify instance is left: there are other occasions to look.
    }
  }
}
