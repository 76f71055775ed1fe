import { constants, openSync } from 'node:fs';
import { printableColouredText } from '../output/escapes.js';
import { OutputWriter } from '../output/output-writer.js';
import { isTerminal } from '../output/terminal.js';

const STDIN = 0;
const STDOUT = 1;
/** A new open file of the terminal. The first one is shared with a shell, and has to stay in blocking mode. */
const STDOUT_PATH = '/proc/self/fd/1';
const FLAGS = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
/** Size to draw on a terminal that does not report one. */
const ROWS = 24;
const COLUMNS = 80;

// Source: ECMA-48 (CUP, ED) and the DEC private modes 1049 (alternate screen), 25 (cursor) and 7 (wrapping).
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J';
const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const ERASE_BELOW = '\x1b[J';

/** What the terminal sends for Ctrl-C and Ctrl-Z while it makes no signals of them. */
const INTERRUPT = '\x03';
const SUSPEND = '\x1a';

/** Signals that end a process. Node keeps the others for itself, or they cannot be caught. */
const FATAL_SIGNALS: readonly NodeJS.Signals[] = [
  ...(['SIGQUIT', 'SIGABRT', 'SIGALRM', 'SIGVTALRM', 'SIGXCPU', 'SIGUSR1', 'SIGUSR2'] as const),
];
/** SIGTSTP stops only a process that a shell controls. After this time without a stop, the screen is drawn again. Milliseconds. */
const STOP_MS = 200;
/** How long a terminal that takes nothing may delay the end. Milliseconds. */
const DRAIN_MS = 1000;

/** What a TerminalScreen calls. */
export interface ScreenListener {
  /** The user has pressed keys. */
  onKeys(keys: string): void;
  /** What is on the screen is gone, or its size has changed. */
  onRedraw(): void;
  /** The user has pressed Ctrl-C, or the terminal is gone. */
  onEnd(): void;
}

/**
 * The whole terminal, for a program that draws on it and reads keys: the alternate screen, no cursor, no echo. The terminal gets back
 * what it had when this is disposed, when the process exits, when it is stopped, and when a signal kills it that a process can catch.
 */
export class TerminalScreen implements Disposable {
  readonly #listener: ScreenListener;
  readonly #output = openOutput();
  readonly #hasKeys = isTerminal(STDIN);
  readonly #undo: (() => void)[] = [];
  readonly #onStop = () => this.#stop();
  #entered = false;
  #stopTimer: NodeJS.Timeout | undefined;

  constructor(listener: ScreenListener) {
    this.#listener = listener;
    try {
      this.#listen();
      this.#enter();
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** The size now. */
  get size(): { readonly rows: number; readonly columns: number } {
    return { rows: process.stdout.rows || ROWS, columns: process.stdout.columns || COLUMNS };
  }

  /** Draws lines from the top of the screen. They may have colours. A slow terminal does not get every drawing. */
  draw(lines: readonly string[]): void {
    if (!this.#entered || this.#output.dropped > 0) return;
    this.#write(HOME + lines.map(printableColouredText).join('\r\n') + ERASE_BELOW);
  }

  /** Leaves the screen and waits until the terminal has taken what it gets, for a second at most. */
  async end(): Promise<void> {
    this.#leave();
    await this.#output.drain(DRAIN_MS);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#stopTimer);
    this.#leave();
    for (const undo of this.#undo.reverse()) undo();
    this.#output[Symbol.dispose]();
  }

  #listen(): void {
    const { stdin, stdout } = process;
    this.#output.onError(() => this.#listener.onEnd());
    const redraw = () => this.#listener.onRedraw();
    stdout.on('resize', redraw);
    this.#undo.push(() => stdout.off('resize', redraw));
    this.#onProcess('exit', () => this.#leave());
    this.#onProcess('SIGCONT', () => this.#resume());
    this.#onProcess('SIGTSTP', this.#onStop);
    for (const signal of FATAL_SIGNALS) this.#onProcess(signal, () => this.#die(signal));
    if (!this.#hasKeys) return;
    const read = (keys: Buffer) => this.#read(keys.toString('latin1'));
    const end = () => this.#listener.onEnd();
    stdin.on('data', read).on('end', end).on('error', end);
    this.#undo.push(() => stdin.off('data', read).off('end', end).off('error', end).pause());
  }

  #onProcess(event: NodeJS.Signals | 'exit', listener: () => void): void {
    process.on(event, listener);
    this.#undo.push(() => process.off(event, listener));
  }

  #read(keys: string): void {
    if (keys.includes(INTERRUPT)) this.#listener.onEnd();
    // To the whole job, as the terminal would.
    else if (keys.includes(SUSPEND)) process.kill(0, 'SIGTSTP');
    else this.#listener.onKeys(keys);
  }

  #enter(): void {
    if (this.#hasKeys) process.stdin.setRawMode(true);
    this.#entered = true;
    this.#write(ENTER);
  }

  #leave(): void {
    if (!this.#entered) return;
    this.#entered = false;
    this.#write(LEAVE);
    if (this.#hasKeys) process.stdin.setRawMode(false);
  }

  /** Gives the terminal back and stops, as without a listener. */
  #stop(): void {
    this.#leave();
    process.off('SIGTSTP', this.#onStop);
    process.kill(process.pid, 'SIGTSTP');
    this.#stopTimer = setTimeout(() => this.#resume(), STOP_MS);
  }

  /** A shell may have changed the terminal meanwhile, also where this process did not leave the screen before it was stopped. */
  #resume(): void {
    clearTimeout(this.#stopTimer);
    if (!process.listeners('SIGTSTP').includes(this.#onStop)) process.on('SIGTSTP', this.#onStop);
    this.#leave();
    this.#enter();
    this.#listener.onRedraw();
  }

  /** Ends by the signal, as without a listener. */
  #die(signal: NodeJS.Signals): void {
    this.#leave();
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  }

  #write(text: string): void {
    this.#output.write(Buffer.from(text));
    this.#output.flush();
  }
}

/** A write to a terminal that takes nothing, as after Ctrl-S, must not stop signals and keys. */
function openOutput(): OutputWriter {
  try {
    return new OutputWriter(openSync(STDOUT_PATH, FLAGS), true, { unbuffered: true });
  } catch {
    // A terminal of another user. A write to it may wait.
    return new OutputWriter(STDOUT, false, { unbuffered: true });
  }
}
