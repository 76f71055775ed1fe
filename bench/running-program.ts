import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** How long a program may take to print what the bench waits for. */
const DEADLINE_MS = 60_000;

/** How long a program may take to end after a signal. */
const ENDING_MS = 5000;

const alive = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

/** How a program ended, and what it printed. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that the bench started. It ends with the bench at the latest. */
export class RunningProgram implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #command: string;
  readonly #ended: Promise<number | null>;
  #stdout = '';
  #stderr = '';
  #running = true;

  constructor(program: string, words: readonly string[]) {
    this.#command = [program, ...words].join(' ');
    this.#child = spawn(program, words, { stdio: 'pipe' });
    alive.add(this.#child);
    this.#child.stdout!.on('data', (chunk: Buffer) => {
      this.#stdout += chunk;
    });
    this.#child.stderr!.on('data', (chunk: Buffer) => {
      this.#stderr += chunk;
    });
    // The program ended before it had read everything: its exit code tells enough.
    this.#child.stdin!.on('error', () => {});
    this.#ended = this.#watch();
    this.#ended.catch(() => {});
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Writes a line to its standard input. */
  writeLine(line = ''): void {
    this.#child.stdin!.write(`${line}\n`);
  }

  /**
   * Waits until its output has `times` matches of `pattern`, which must be global. Returns all matches, of both
   * outputs.
   */
  async said(pattern: RegExp, times = 1): Promise<readonly RegExpMatchArray[]> {
    const signal = AbortSignal.timeout(DEADLINE_MS);
    for (;;) {
      const matches = [...`${this.#stdout}\n${this.#stderr}`.matchAll(pattern)];
      if (matches.length >= times) return matches;
      if (!this.#running) throw this.#failure(`ended without ${pattern}`);
      try {
        await this.#more(signal);
      } catch {
        throw this.#failure(`${pattern} did not come within ${DEADLINE_MS} ms`);
      }
    }
  }

  /** Throws an Error if it has ended. */
  assertRunning(): void {
    if (!this.#running) throw this.#failure('ended too soon');
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Waits for its end. Returns what it printed. Throws an Error if its exit code is not 0. */
  async succeed(): Promise<string> {
    const { code, stdout } = await this.end();
    if (code !== 0) throw this.#failure(`exit ${code}`);
    return stdout;
  }

  /** Waits for its end. */
  async end(): Promise<Outcome> {
    const code = await this.#ended;
    return { code, stdout: this.#stdout, stderr: this.#stderr };
  }

  /** Asks it to end, and waits until it has. */
  async stop(name: NodeJS.Signals = 'SIGINT'): Promise<Outcome> {
    if (this.#running) this.#child.kill(name);
    const late = setTimeout(() => this.#child.kill('SIGKILL'), ENDING_MS);
    try {
      return await this.end();
    } finally {
      clearTimeout(late);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#running) await this.stop('SIGTERM');
  }

  async #more(signal: AbortSignal): Promise<void> {
    const { stdout, stderr } = this.#child;
    const waiting = new AbortController();
    const options = { signal: AbortSignal.any([signal, waiting.signal]) };
    try {
      await Promise.race([once(stdout!, 'data', options), once(stderr!, 'data', options), this.#ended]);
    } finally {
      waiting.abort();
    }
  }

  #watch(): Promise<number | null> {
    return new Promise((resolve, reject) => {
      const settle = (done: () => void) => {
        this.#running = false;
        alive.delete(this.#child);
        done();
      };
      this.#child.once('error', (error) => settle(() => reject(error)));
      this.#child.once('close', (code) => settle(() => resolve(code)));
    });
  }

  #failure(what: string): Error {
    return new Error(`${this.#command}: ${what}\n${this.#stdout.slice(-1000)}${this.#stderr.slice(-1000)}`);
  }
}

/** Runs a program to its end. Returns what it printed. Throws an Error if its exit code is not 0. */
export function runProgram(program: string, ...words: readonly string[]): Promise<string> {
  return new RunningProgram(program, words).succeed();
}
