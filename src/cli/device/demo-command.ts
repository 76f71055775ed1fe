import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Console } from '../process/console.js';

/** A command of the demo, shown as a user would type it. */
export class DemoCommand {
  readonly #child: ChildProcess;
  /** Settles with the exit code, at once for a command that has ended; fails for one that could not be started. */
  readonly #ended: Promise<number>;
  #talk = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = once(child, 'close').then(([code]) => (typeof code === 'number' ? code : 1));
    // Whoever waits for it hears of the failure; until then nobody does.
    this.#ended.catch(() => {});
    child.stderr?.on('data', (bytes: Buffer) => {
      this.#talk += bytes.toString();
      process.stderr.write(bytes);
    });
  }

  /** Starts `line` after printing it; the first word `rtap` is this program. */
  static start(line: string, console: Console): DemoCommand {
    console.print(`${console.style.dim('$')} ${console.style.bold(line)}`);
    const [program = '', ...words] = line.replace(/ &$/, '').split(' ');
    const own = program === 'rtap';
    const child = spawn(own ? process.execPath : program, own ? [process.argv[1] ?? '', ...words] : words, {
      stdio: ['ignore', 'inherit', 'pipe'],
    });
    return new DemoCommand(child);
  }

  /** Settles when standard error has said `text`, or the command has ended without. */
  async said(text: string): Promise<void> {
    const ended = this.#ended.then(() => true);
    while (!this.#talk.includes(text)) {
      const next = this.#child.stderr === null ? ended : once(this.#child.stderr, 'data').then(() => false);
      if (await Promise.race([ended, next])) return;
    }
  }

  /** Settles with the exit code when the command has ended. */
  ended(): Promise<number> {
    return this.#ended;
  }

  /** What Ctrl-C does. */
  interrupt(): void {
    this.#child.kill('SIGINT');
  }

  [Symbol.dispose](): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGTERM');
  }
}
