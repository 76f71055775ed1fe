import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { compressedName } from './compressed-name.js';

/** Runs a command with the name of each finished file. Several may run at once. */
export class AfterRotation {
  readonly #program: string;
  readonly #words: readonly string[];
  readonly #warn: (text: string) => void;
  /** What runs for each file. */
  readonly #running = new Map<string, Promise<void>>();

  /**
   * `command` is a program and its first arguments. `warn` is called with what to tell the user if the command cannot be
   * started, or fails.
   */
  constructor([program = '', ...words]: readonly string[], warn: (text: string) => void) {
    this.#program = program;
    this.#words = words;
    this.#warn = warn;
  }

  /** Starts the command for `path`, at the lowest priority. */
  run(path: string): void {
    this.#removeOlder(path);
    // The command would take a name like "-f" for an option.
    const word = path.startsWith('-') ? `./${path}` : path;
    const child = spawn(this.#program, [...this.#words, word], { stdio: ['ignore', 'inherit', 'inherit'] });
    this.#follow(path, this.#watch(child, path));
    lowerPriority(child);
  }

  /** Calls `act` when no command runs for `path`: now, or when it has ended. `ended` waits for that. */
  afterwards(path: string, act: () => void): void {
    const running = this.#running.get(path);
    if (running === undefined) act();
    else this.#follow(path, running.then(act));
  }

  /** Settles when no command is running. */
  async ended(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  #follow(path: string, ended: Promise<void>): void {
    // A command for an older file of this name may run still.
    const all = Promise.all([this.#running.get(path), ended]).then(() => {
      if (this.#running.get(path) === all) this.#running.delete(path);
    });
    this.#running.set(path, all);
  }

  /** A compressor refuses to replace what it made of the file that had this name in the last round. */
  #removeOlder(path: string): void {
    const older = compressedName(this.#program, path);
    if (older === undefined) return;
    try {
      rmSync(older, { force: true });
    } catch {
      // It is no file. The compressor says so.
    }
  }

  #watch(child: ChildProcess, path: string): Promise<void> {
    return new Promise((resolve) => {
      const words = `"${[this.#program, ...this.#words, path].join(' ')}"`;
      child.on('error', (error: NodeJS.ErrnoException) => {
        const absent = error.code === 'ENOENT';
        const fault = absent ? 'there is no such command' : `it failed with ${error.code ?? error.message}`;
        this.#warn(`cannot run ${words}: ${fault}`);
        resolve();
      });
      child.on('exit', (code, signal) => {
        if (signal !== null) this.#warn(`${signal} ended ${words}`);
        else if (code !== 0) this.#warn(`${words} ended with exit code ${code ?? 'unknown'}`);
        resolve();
      });
    });
  }
}

/** As tcpdump does: the capture is more important. */
function lowerPriority({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // It has ended already.
  }
}
