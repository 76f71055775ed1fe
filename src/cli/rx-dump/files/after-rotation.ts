import { type ChildProcess, spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';

/** Runs a command with the name of each finished file. Several may run at once. */
export class AfterRotation {
  readonly #command: string;
  readonly #warn: (text: string) => void;
  readonly #running = new Set<Promise<void>>();

  /** `warn` is called with what to tell the user if the command cannot be started, or fails. */
  constructor(command: string, warn: (text: string) => void) {
    this.#command = command;
    this.#warn = warn;
  }

  /** Starts the command for `path`, at the lowest priority. */
  run(path: string): void {
    // The command would take a name like "-f" for an option.
    const word = path.startsWith('-') ? `./${path}` : path;
    const child = spawn(this.#command, [word], { stdio: ['ignore', 'inherit', 'inherit'] });
    const ended = this.#watch(child, path).finally(() => this.#running.delete(ended));
    this.#running.add(ended);
    lowerPriority(child);
  }

  /** Settles when no command is running. */
  async ended(): Promise<void> {
    await Promise.all(this.#running);
  }

  #watch(child: ChildProcess, path: string): Promise<void> {
    return new Promise((resolve) => {
      const words = `"${this.#command} ${path}"`;
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
