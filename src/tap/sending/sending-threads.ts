import type { Worker } from 'node:worker_threads';
import { ArgumentRangeError } from '../../errors.js';
import { type Failure, failureError } from '../../sys/thread-failure.js';
import { startThread } from '../../sys/thread-start.js';
import type { SendingQueues } from '../queue/sending-device.js';
import { HandedLane, type LaneThread, threadLost } from './handed-lane.js';
import {
  allocateThreadWords,
  ENDING,
  failureBytes,
  THREAD_FAILURE,
  THREAD_STATE,
  THREAD_WAKE,
  threadWords,
} from './lane-words.js';
import type { SendingTask } from './sending-thread.js';

/** A thread that sends nothing for so long has ended, or hangs in the kernel. */
const PATIENCE_MS = 30_000;

/**
 * Threads that send into queues, each into queues of its own. The thread that makes this object lays frames into bursts and
 * hands them over. Frames of one queue are sent in the order in which they were handed over.
 *
 * The device must be disposed after the threads have ended: they use its descriptors and its memory.
 */
export class SendingThreads implements AsyncDisposable {
  /** In the order of the queues. */
  readonly lanes: readonly HandedLane[];
  readonly #threads: readonly SendingThreadHandle[];

  private constructor(lanes: readonly HandedLane[], threads: readonly SendingThreadHandle[]) {
    this.lanes = lanes;
    this.#threads = threads;
  }

  /**
   * Starts `threadCount` threads for the queues of `sending`, and settles when they can send. Rejects with a RangeError for
   * more threads than queues, and with the error of a thread that cannot begin.
   */
  static async start(sending: SendingQueues, threadCount: number): Promise<SendingThreads> {
    const { device, queues, burstsPerQueue } = sending;
    if (threadCount > queues.length)
      throw new ArgumentRangeError(
        `cannot use ${threadCount} threads for ${queues.length === 1 ? '1 queue' : `${queues.length} queues`}: a queue belongs to one thread`,
      );
    const share = device.share();
    const memories = Array.from({ length: threadCount }, () => allocateThreadWords());
    const lanes = queues.map(({ number }, index) => {
      const bursts = Array.from({ length: burstsPerQueue }, () => device.allocateBurst());
      const queue = share.queues.find((handed) => handed.number === number)!;
      return new HandedLane(queue, bursts, laneThread(memories[index % threadCount]!, device.name));
    });
    const threads: SendingThreadHandle[] = [];
    const started = new SendingThreads(lanes, threads);
    try {
      for (const [thread, words] of memories.entries()) {
        const own = lanes.filter((_, index) => index % threadCount === thread).map(({ task }) => task);
        threads.push(new SendingThreadHandle({ arena: share.arena, lanes: own, words }, device.name));
      }
      await Promise.all(threads.map(({ ready }) => ready));
      return started;
    } catch (error) {
      await started[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Lets the threads send what was handed over, and settles when they have ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const thread of this.#threads) thread.stop();
    await Promise.all(this.#threads.map(({ ended }) => ended));
  }
}

/** A thread, as the one that feeds it sees it. */
class SendingThreadHandle {
  /** Settles when the thread can send; rejects if it has ended instead. */
  readonly ready: Promise<void>;
  readonly ended: Promise<void>;
  readonly #words: Int32Array;

  /** `device` is for errors. */
  constructor(task: SendingTask, device: string) {
    this.#words = threadWords(task.words);
    const worker: Worker = startThread('sending-worker', import.meta.url, task);
    let fault: Error | undefined;
    worker.on('error', (error) => {
      fault = error;
    });
    this.ended = new Promise((resolve) => worker.once('exit', () => resolve()));
    const began = new Promise<void>((resolve) => worker.once('message', () => resolve()));
    const endedEarly = this.ended.then(() => {
      const detail = `a thread ended${fault === undefined ? '' : ` (${fault.message})`}`;
      throw failureOf(task.words) ?? threadLost(device, { code: 'ESRCH', detail, cause: fault });
    });
    this.ready = Promise.race([began, endedEarly]);
    this.ready.catch(() => {});
    endedEarly.catch(() => {});
  }

  stop(): void {
    Atomics.store(this.#words, THREAD_STATE, ENDING);
    wake(this.#words);
  }
}

/** What a lane may ask of its thread. */
function laneThread(memory: SharedArrayBuffer, device: string): LaneThread {
  const words = threadWords(memory);
  return {
    device,
    patienceMs: PATIENCE_MS,
    wake: () => wake(words),
    assertAlive: () => {
      const failure = failureOf(memory);
      if (failure !== undefined) throw failure;
    },
  };
}

function wake(words: Int32Array): void {
  Atomics.add(words, THREAD_WAKE, 1);
  Atomics.notify(words, THREAD_WAKE);
}

/** The error that ended a thread; undefined if none did. */
function failureOf(memory: SharedArrayBuffer): Error | undefined {
  const length = Atomics.load(threadWords(memory), THREAD_FAILURE);
  if (length === 0) return undefined;
  const text = new TextDecoder().decode(failureBytes(memory).slice(0, length));
  return failureError(JSON.parse(text) as Failure);
}
