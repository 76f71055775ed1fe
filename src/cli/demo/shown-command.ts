import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Console } from '../console.js';

/** A command of the demo, shown as a user would type it. */
export class ShownCommand {
  readonly #child: ChildProcess;
  #talk = '';
  #failure: Error | undefined;

  private constructor(child: ChildProcess) {
    this.#child = child;
    // A program that is not there ends the demo with its sentence, wherever it is waited for.
    child.on('error', (error) => {
      this.#failure = error;
    });
    child.stderr?.on('data', (bytes: Buffer) => {
      this.#talk += bytes.toString();
      process.stderr.write(bytes);
    });
  }

  /** Starts `line` after printing it; the first word `rtap` is this program. */
  static start(line: string, console: Console): ShownCommand {
    console.print(`${console.style.dim('$')} ${console.style.bold(line)}`);
    const [program = '', ...words] = line.replace(/ &$/, '').split(' ');
    const own = program === 'rtap';
    const child = spawn(own ? process.execPath : program, own ? [process.argv[1] ?? '', ...words] : words, {
      stdio: ['ignore', 'inherit', 'pipe'],
    });
    return new ShownCommand(child);
  }

  /** Settles when standard error has said `text`; throws when the command ends before. */
  async said(text: string): Promise<void> {
    const ended = once(this.#child, 'close').then(() => true);
    while (!this.#talk.includes(text)) {
      const next = this.#child.stderr === null ? ended : once(this.#child.stderr, 'data').then(() => false);
      if (await Promise.race([ended, next])) break;
    }
  }

  /** Settles with the exit code when the command has ended. */
  async ended(): Promise<number> {
    if (this.#child.exitCode === null && this.#failure === undefined) await once(this.#child, 'close');
    if (this.#failure !== undefined) throw this.#failure;
    return this.#child.exitCode ?? 1;
  }

  /** What Ctrl-C does. */
  interrupt(): void {
    this.#child.kill('SIGINT');
  }

  [Symbol.dispose](): void {
    if (this.#child.exitCode === null) this.#child.kill('SIGTERM');
  }
}
