import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Console } from '../process/console.js';
import { endingWithThis } from '../process/parent-process.js';

/** A command that the demo runs, and prints as a user would type it. */
export class DemoCommand {
  readonly #child: ChildProcess;
  /** Settles with the exit code. Rejects if the command cannot be started. */
  readonly #ended: Promise<number>;
  #errors = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = once(child, 'close').then(([code]) => (typeof code === 'number' ? code : 1));
    // Without a handler a rejection would end this process before `ended` is called.
    this.#ended.catch(() => {});
    child.stderr?.on('data', (bytes: Buffer) => {
      this.#errors += bytes.toString();
      process.stderr.write(bytes);
    });
  }

  /** Prints `line` and starts it. The first word `rtap` stands for this program. */
  static start(line: string, console: Console): DemoCommand {
    const [program = '', ...words] = line.replace(/ &$/, '').split(' ');
    const own = program === 'rtap';
    return DemoCommand.#run(
      line,
      console,
      own ? [process.execPath, process.argv[1] ?? '', ...words] : [program, ...words],
    );
  }

  /** Prints `line` and starts it in bash. */
  static startShell(line: string, console: Console): DemoCommand {
    return DemoCommand.#run(line, console, ['bash', '-c', line]);
  }

  static #run(line: string, console: Console, [program = '', ...words]: readonly string[]): DemoCommand {
    console.print(`${console.style.dim('$')} ${console.style.bold(line)}`);
    const env = endingWithThis();
    return new DemoCommand(spawn(program, words, { env, stdio: ['ignore', 'inherit', 'pipe'] }));
  }

  /** Settles when the command has written `text` to standard error, or has ended. */
  async waitFor(text: string): Promise<void> {
    const ended = this.#ended.then(() => true);
    while (!this.#errors.includes(text)) {
      const next = this.#child.stderr === null ? ended : once(this.#child.stderr, 'data').then(() => false);
      if (await Promise.race([ended, next])) return;
    }
  }

  /** Settles with the exit code. Rejects if the command cannot be started. */
  ended(): Promise<number> {
    return this.#ended;
  }

  /** Sends SIGINT, as Ctrl-C does. */
  interrupt(): void {
    this.#child.kill('SIGINT');
  }

  [Symbol.dispose](): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGTERM');
  }
}
