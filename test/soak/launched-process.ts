import { type ChildProcess, spawn } from 'node:child_process';

/** How a process ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

/** No command of the soak takes as long, even on a slow machine. */
const DEADLINE_MS = 120_000;

/** A process of the soak, whose output is collected. */
export class LaunchedProcess {
  readonly words: readonly string[];
  readonly #child: ChildProcess;
  readonly #ended: Promise<Ended>;
  #stdout = '';
  #stderr = '';
  #over = false;
  #look = () => {};

  constructor(program: string, words: readonly string[]) {
    this.words = words;
    const begin = performance.now();
    // In a session of its own: Ctrl-C on the terminal interrupts only the soak, which then ends in order.
    this.#child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
      this.#look();
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
      this.#look();
    });
    this.#ended = new Promise((resolve, reject) => {
      this.#child.on('error', reject);
      this.#child.on('close', (code, signal) => {
        this.#over = true;
        const seconds = (performance.now() - begin) / 1000;
        resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr, seconds });
        this.#look();
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get over(): boolean {
    return this.#over;
  }

  /** What it has printed so far. */
  get stdout(): string {
    return this.#stdout;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Waits until one of its outputs matches `pattern`, or it has ended. */
  said(pattern: RegExp): Promise<void> {
    const seen = new Promise<void>((resolve) => {
      this.#look = () => {
        if (this.#over || pattern.test(this.#stdout) || pattern.test(this.#stderr)) resolve();
      };
      this.#look();
    });
    return this.#inTime(seen, `${pattern}`);
  }

  /** Waits for the end. Throws if it does not come. */
  ended(): Promise<Ended> {
    return this.#inTime(this.#ended, 'the end');
  }

  /** Settles with the end. */
  get end(): Promise<Ended> {
    return this.#ended;
  }

  async #inTime<T>(promise: Promise<T>, what: string): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const said = `${this.#stdout.slice(-500)}${this.#stderr.slice(-500)}`;
        reject(
          new Error(
            `waited ${DEADLINE_MS} ms in vain for ${what} of ${this.words.join(' ')} (pid ${this.pid})\n${said}`,
          ),
        );
      }, DEADLINE_MS);
    });
    try {
      return await Promise.race([promise, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
