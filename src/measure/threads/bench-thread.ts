import type { Worker } from 'node:worker_threads';
import { type Failure, failureError } from '../../sys/thread-failure.js';
import { startThread } from '../../sys/thread-start.js';
import { UnsupportedEngine } from '../engines/receive-engine.js';
import type { Flood, FloodTask } from './flood.js';
import type { Probes, ProbesTask } from './probes.js';
import type { Reception, ReceptionTask } from './reception.js';
import type { StreamTask } from './stream-ends.js';
import type { Transmission, TransmissionTask } from './transmission.js';

/** A task for a thread of the bench. */
export type BenchTask = TransmissionTask | ReceptionTask | FloodTask | ProbesTask | StreamTask;

/** The result of a task. */
export type BenchOutcome<T extends BenchTask> = T extends TransmissionTask
  ? Transmission
  : T extends ReceptionTask
    ? Reception
    : T extends FloodTask
      ? Flood
      : T extends ProbesTask
        ? Probes
        : undefined;

/** What a thread reports: `ready` and `measured` during the task, then how it ended. */
export type BenchMessage =
  | 'ready'
  | 'measured'
  | { readonly outcome: unknown }
  | { readonly unsupported: string }
  | { readonly failure: Failure };

/**
 * A running task. Each promise settles when its step is reached, and rejects with the error that made the task fail.
 */
export interface RunningTask<T extends BenchTask> {
  readonly ready: Promise<void>;
  readonly measured: Promise<void>;
  readonly ended: Promise<BenchOutcome<T>>;
}

/** A thread that does one task at a time. It keeps its compiled code: later tasks are as fast as the second. */
export class BenchThread implements AsyncDisposable {
  readonly #worker: Worker;
  #listener: (message: BenchMessage) => void = () => {};
  #onError: (error: unknown) => void = () => {};

  /** Starts the thread in the network namespace that the calling thread is in. */
  constructor() {
    this.#worker = startThread('bench-worker', import.meta.url, undefined);
    this.#worker.on('message', (message: BenchMessage) => this.#listener(message));
    this.#worker.on('error', (error) => this.#onError(error));
  }

  /**
   * Begins `task`. The task before must have ended. `ended` rejects with an UnsupportedEngine if this machine has no
   * such engine.
   */
  run<T extends BenchTask>(task: T): RunningTask<T> {
    const steps = { ready: makeStep<void>(), measured: makeStep<void>(), ended: makeStep<BenchOutcome<T>>() };
    const fail = (error: unknown) => {
      for (const step of Object.values(steps)) step.reject(error);
    };
    this.#onError = fail;
    this.#listener = (message) => {
      if (message === 'ready') steps.ready.resolve();
      else if (message === 'measured') steps.measured.resolve();
      else if ('failure' in message) fail(failureError(message.failure));
      else if ('unsupported' in message) fail(new UnsupportedEngine(message.unsupported));
      else {
        // A step that the task skipped settles at the end.
        steps.ended.resolve(message.outcome as BenchOutcome<T>);
        steps.ready.resolve();
        steps.measured.resolve();
      }
    };
    this.#worker.postMessage(task);
    return { ready: steps.ready.promise, measured: steps.measured.promise, ended: steps.ended.promise };
  }

  /** Ends the thread. Its task must have ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }
}

interface Step<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}

function makeStep<T>(): Step<T> {
  let resolve: (value: T) => void = () => {};
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise<T>((settle, fail) => {
    resolve = settle;
    reject = fail;
  });
  // A caller may ask for a step later: until then its rejection is handled here.
  promise.catch(() => {});
  return { promise, resolve, reject };
}
