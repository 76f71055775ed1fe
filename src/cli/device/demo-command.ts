import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { EXIT_USAGE } from '../errors/exit-code.js';
import { exitCodeOf, withinDeadline } from '../process/child-process.js';
import type { Console } from '../process/console.js';
import { endingWithThis } from '../process/parent-process.js';

/** How long a step may take: on a slow machine the longest takes some seconds. */
const STEP_MS = 30_000;

/** A command that the demo runs, and prints as a user would type it. */
export class DemoCommand {
  readonly #child: ChildProcess;
  readonly #line: string;
  /** Settles with the exit code. Rejects if the command cannot be started. */
  readonly #ended: Promise<number>;
  #errors = '';

  private constructor(child: ChildProcess, line: string) {
    this.#child = child;
    this.#line = line;
    this.#ended = exitCodeOf(child, 'close', line).then((code) => code ?? EXIT_USAGE);
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
    return new DemoCommand(spawn(program, words, { env, stdio: ['ignore', 'inherit', 'pipe'] }), line);
  }

  /** Settles when the command has written `text` to standard error, or has ended. Rejects as `ended` does. */
  async waitFor(text: string): Promise<void> {
    await this.#within(this.#written(text));
  }

  async #written(text: string): Promise<void> {
    const ended = this.#ended.then(() => true);
    while (!this.#errors.includes(text)) {
      const next = this.#child.stderr === null ? ended : once(this.#child.stderr, 'data').then(() => false);
      if (await Promise.race([ended, next])) return;
    }
  }

  /** Settles with the exit code. Rejects if the command cannot be started, does not end in time, or Node ends itself. */
  ended(): Promise<number> {
    return this.#within(this.#ended);
  }

  #within<T>(step: Promise<T>): Promise<T> {
    return withinDeadline(this.#child, step, { command: this.#line, deadlineMs: STEP_MS });
  }

  /** Sends SIGINT, as Ctrl-C does. */
  interrupt(): void {
    this.#child.kill('SIGINT');
  }

  /** Ends it if it still runs, and waits until it has ended: what it has in the folder of the demo is gone then. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.pid === undefined) return;
    this.#child.kill('SIGTERM');
    await this.ended().catch(() => {});
  }
}
