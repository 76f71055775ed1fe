import { plural } from '../output/plural.js';
import { formatPacketRate } from '../output/rate-text.js';
import type { Console } from '../process/console.js';

const TERMINAL_INTERVAL_MS = 200;
const LINE_INTERVAL_MS = 1000;

/** The state of a run. */
export interface RunState {
  /** Frames that the kernel took. */
  readonly accepted: number;
  /** Seconds since the first frame. */
  readonly seconds: number;
  /** How much of the time is over, 0 to 1; undefined if that is unknown. */
  readonly fraction: number | undefined;
  /** How much of the input has been read, 0 to 1, if that says nothing about the time. */
  readonly readFraction?: number | undefined;
  /** Seconds until the next frame, in a pause. */
  readonly pauseLeft?: number | undefined;
  /** Pauses that were cut so far. @default 0 */
  readonly pausesCut?: number;
}

/** Shows the state of a run until it is disposed: one line that changes on a terminal, else a line a second. */
export class Progress implements Disposable {
  readonly #console: Console;
  readonly #timer: NodeJS.Timeout;

  constructor(console: Console, name: string, look: () => RunState) {
    this.#console = console;
    let before = look();
    const show = () => {
      const now = look();
      console.status(describeProgress(name, before, now));
      before = now;
    };
    this.#timer = setInterval(show, console.statusTerminal ? TERMINAL_INTERVAL_MS : LINE_INTERVAL_MS);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#console.status('');
  }
}

/** The line. Its rate is that between `before` and `now`. */
export function describeProgress(name: string, before: RunState, now: RunState): string {
  const seconds = now.seconds - before.seconds;
  const rate = seconds > 0 ? (now.accepted - before.accepted) / seconds : 0;
  const words = [`${name}: ${plural(now.accepted, 'packet')}`, formatPacketRate(rate)];
  const { fraction, readFraction } = now;
  if (fraction !== undefined) words.push(`${Math.floor(fraction * 100)} % done`);
  if (fraction !== undefined && fraction > 0)
    words.push(`${((now.seconds * (1 - fraction)) / fraction).toFixed(1)} s left`);
  if (fraction === undefined && readFraction !== undefined)
    words.push(`${Math.floor(readFraction * 100)} % read`);
  if (now.pausesCut !== undefined && now.pausesCut > 0) words.push(`${plural(now.pausesCut, 'pause')} cut`);
  if (now.pauseLeft !== undefined) words.push(`next packet in ${now.pauseLeft.toFixed(1)} s`);
  return words.join(', ');
}
