import { HintedError } from '../errors/usage-error.js';
import type { Console } from '../process/console.js';
import { StopRequest } from '../process/stop-request.js';
import { TerminalScreen } from '../process/terminal-screen.js';
import { AUTOMATIC, nextOrder } from '../stats/rate-order.js';
import type { RatedDevice } from '../stats/rate-table.js';
import { INTERVAL_SECONDS, parseInterval } from '../stats/watch-interval.js';
import { ReaderLookup } from './reader-lookup.js';
import { TopDevices } from './top-devices.js';
import { actionsOf, type KeyAction } from './top-keys.js';
import { describeTop } from './top-view.js';

const MS_PER_SECOND = 1000;
/** The first rates come soon, however long the interval is. Milliseconds. */
const FIRST_MS_MAX = 500;

/** The options of `rtap top`. */
export interface TopOptions {
  readonly interval?: string | undefined;
}

/** `rtap top`: draws until `q` is pressed or a signal arrives. */
export async function runTop(
  names: readonly string[],
  { interval }: TopOptions,
  console: Console,
): Promise<void> {
  const seconds = interval === undefined ? INTERVAL_SECONDS : parseInterval(interval);
  assertTerminal(names, console);
  const devices = new TopDevices(names);
  using stop = new StopRequest(console);
  using top = new Top(devices, seconds * MS_PER_SECOND, console);
  await Promise.race([stop.happened, top.ended]);
  await top.leave();
}

/** Source: terminfo(5): a terminal of type `dumb` or without a type cannot move its cursor. */
function assertTerminal([name = 'NAME']: readonly string[], { terminal }: Console): void {
  const type = process.env.TERM ?? '';
  const fault = !terminal ? 'standard output is not a terminal' : 'the terminal cannot move its cursor';
  if (terminal && type !== '' && type !== 'dumb') return;
  throw new HintedError(
    `cannot run "top": ${fault}`,
    (commands) => `print rates line by line: ${commands.rtap('stats', name, '--watch')}`,
  );
}

/** What is on the screen, until it is disposed. */
class Top implements Disposable {
  /** Resolves when the user wants to quit. Rejects when the counters cannot be read. */
  readonly ended: Promise<void>;
  readonly #console: Console;
  readonly #devices: TopDevices;
  readonly #readers: ReaderLookup;
  readonly #screen: TerminalScreen;
  readonly #intervalMs: number;
  #timer: NodeJS.Timeout | undefined;
  #read: readonly RatedDevice[];
  #order = AUTOMATIC;
  #quit = () => {};
  #fail: (error: unknown) => void = () => {};

  constructor(devices: TopDevices, intervalMs: number, console: Console) {
    this.#console = console;
    this.#devices = devices;
    this.#intervalMs = intervalMs;
    this.ended = new Promise((resolve, reject) => {
      this.#quit = resolve;
      this.#fail = reject;
    });
    this.#readers = new ReaderLookup(() => this.#draw(), this.#fail);
    // What cannot be read is an error before the screen changes.
    this.#read = devices.read();
    this.#screen = new TerminalScreen({
      onKeys: (keys) => this.#onKeys(keys),
      onRedraw: () => this.#draw(),
      onEnd: this.#quit,
    });
    try {
      this.#draw();
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
    this.#schedule(Math.min(intervalMs, FIRST_MS_MAX));
  }

  /** Gives the terminal back. */
  leave(): Promise<void> {
    return this.#screen.end();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#screen[Symbol.dispose]();
  }

  #schedule(delayMs: number): void {
    this.#timer = setTimeout(() => this.#update(), delayMs);
  }

  #update(): void {
    this.#schedule(this.#intervalMs);
    try {
      this.#read = this.#devices.read();
      this.#draw();
    } catch (error) {
      this.#fail(error);
    }
  }

  #draw(): void {
    const { rows, columns } = this.#screen.size;
    const view = {
      devices: this.#readers.addTo(this.#read),
      absent: this.#devices.absent,
      order: this.#order,
    };
    this.#screen.draw(describeTop(view, { rows, columns, style: this.#console.style }));
  }

  #onKeys(keys: string): void {
    for (const action of actionsOf(keys)) this.#act(action);
    this.#draw();
  }

  #act(action: KeyAction): void {
    if (action === 'quit') this.#quit();
    else if (action === 'next-order') this.#order = nextOrder(this.#order, 1);
    else if (action === 'previous-order') this.#order = nextOrder(this.#order, -1);
    else this.#order = { ...this.#order, reversed: !this.#order.reversed };
  }
}
