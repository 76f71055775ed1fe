import type { BenchTask, RunningTask } from './threads/bench-thread.js';
import type { Halt } from './threads/halt.js';

/** Running tasks, and the halt that ends them. No task outlives this object. */
export class TaskGroup implements AsyncDisposable {
  readonly #halt: Halt;
  readonly #running: Promise<unknown>[] = [];

  /** Owns `halt`, which the tasks were given. */
  constructor(halt: Halt) {
    this.#halt = halt;
  }

  /** Takes a task over, and returns it. */
  add<T extends BenchTask>(task: RunningTask<T>): RunningTask<T> {
    this.#running.push(task.ended);
    return task;
  }

  /** Asks the tasks to end, and waits until they have. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#halt.now();
    await Promise.allSettled(this.#running);
    this.#halt[Symbol.dispose]();
  }
}
