import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import test from 'ava';
import { closedToOtherUsers } from '../closed-part.js';
import { withDeadline } from './deadline.js';

/** How a process ended, and what it printed. */
export interface Outcome {
  /** Exit code; null if a signal ended the process. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as it came. */
  readonly bytes: Buffer;
}

export interface ProcessOptions {
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Its standard input. @default /dev/null */
  readonly input?: Uint8Array | string | undefined;
  /** Leave standard input open for `write` and `endInput`. @default false */
  readonly inputOpen?: boolean;
  /** Do not read standard output. @default false */
  readonly outputUnread?: boolean;
  /** Where standard output goes instead of a pipe to us. */
  readonly outputFd?: number;
}

/** Throws if another user cannot run the programs of the tests. `npm test` gives it a view that it may read. */
function assertReadable(): void {
  const closed = closedToOtherUsers();
  if (closed !== undefined)
    throw new Error(`other users may not read ${closed}: run this file by npm test -- FILE`);
}

const alive = new Set<ChildProcess>();
// A child that a failed test leaves running would keep this process alive.
test.after.always('no child process is left', () => {
  for (const child of alive) child.kill('SIGKILL');
});

/** A child process. Its output is collected, and a test can wait for a line of it. It is killed with this process. */
export class RunningProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<Outcome>;
  readonly #chunks: Buffer[] = [];
  readonly #listeners = new Set<() => void>();
  #errors = '';
  readonly #command: string;

  constructor(program: string, words: readonly string[], options: ProcessOptions = {}) {
    this.#command = [program, ...words].join(' ');
    if (this.#command.includes('--reuid=')) assertReadable();
    const input = options.input !== undefined || options.inputOpen === true ? 'pipe' : 'ignore';
    const settings: SpawnOptions = {
      env: { ...process.env, ...options.env },
      stdio: [input, options.outputFd ?? 'pipe', 'pipe'],
    };
    const child = spawn(program, words, settings);
    this.#child = child;
    alive.add(child);
    if (options.outputUnread !== true) child.stdout?.on('data', (chunk: Buffer) => this.#take(chunk));
    child.stderr!.on('data', (chunk: Buffer) => {
      this.#errors += chunk.toString();
      this.#wake();
    });
    // A child that ends before it has read everything closes the pipe. The test looks at its exit code.
    child.stdin?.on('error', () => {});
    if (options.input !== undefined) child.stdin!.end(options.input);
    this.#ended = this.#collect(child, options.outputUnread === true);
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get stdout(): string {
    return Buffer.concat(this.#chunks).toString();
  }

  get stderr(): string {
    return this.#errors;
  }

  /** Whether it is still there. */
  get running(): boolean {
    return alive.has(this.#child);
  }

  write(bytes: Uint8Array | string): void {
    this.#child.stdin!.write(bytes);
  }

  endInput(): void {
    this.#child.stdin!.end();
  }

  /** Closes our end of its standard output. */
  closeOutput(): void {
    this.#child.stdout!.destroy();
  }

  /** Waits for the first match of `pattern` in its standard output (or error). Throws if it ends without a match. */
  async waitFor(pattern: RegExp, stream: 'stdout' | 'stderr' = 'stdout'): Promise<RegExpExecArray> {
    const seen = new Promise<RegExpExecArray>((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(this[stream]);
        if (match === null) return;
        this.#listeners.delete(look);
        resolve(match);
      };
      this.#listeners.add(look);
      look();
      void this.#ended.then((outcome) => {
        look();
        reject(
          new Error(
            `${this.#command}: ended (${outcome.code ?? outcome.signal}) without ${pattern}${this.#said()}`,
          ),
        );
      });
    });
    return withDeadline(seen, () => `${pattern} from ${this.#command}${this.#said()}`);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Sends a signal and waits for the end. */
  stop(name: NodeJS.Signals = 'SIGINT'): Promise<Outcome> {
    this.signal(name);
    return this.ended();
  }

  /** Waits for the end. */
  ended(): Promise<Outcome> {
    return withDeadline(this.#ended, () => `the end of ${this.#command}${this.#said()}`, 60_000);
  }

  #take(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#wake();
  }

  #wake(): void {
    for (const listener of this.#listeners) listener();
  }

  #said(): string {
    return `\nstdout: ${this.stdout.slice(-2000)}\nstderr: ${this.#errors.slice(-2000)}`;
  }

  #collect(child: ChildProcess, unread: boolean): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      // 'close' waits for the pipes too, and a pipe that stays unread never ends.
      child.on(unread ? 'exit' : 'close', (code, signal) => {
        alive.delete(child);
        const bytes = Buffer.concat(this.#chunks);
        resolve({ code, signal, stdout: bytes.toString(), stderr: this.#errors, bytes });
      });
    });
  }
}
