import type { SystemError } from '../../errors.js';
import { CLOCK_MONOTONIC, Clock } from '../../sys/clock.js';
import { systemError } from '../../sys/errno.js';
import type { FrameBurst } from '../memory/frame-burst.js';
import { HandedFrames } from '../memory/handed-frames.js';
import type { HandedQueue } from '../queue/handed-queue.js';
import { allocateLaneWords, LANE_HANDED, LANE_SENT, wakingCount } from './lane-words.js';
import type { LaneTask } from './sending-lane.js';

/** How often a thread that waits checks whether the other one has ended with an error. Milliseconds. */
const LOOK_MS = 100;

/** The thread that a lane's bursts are handed to. */
export interface LaneThread {
  /** Wakes it. */
  readonly wake: () => void;
  /** Throws the error that ended it. */
  readonly assertAlive: () => void;
  /**
   * If it sends nothing for so long, while this process runs, it is taken for ended, though it reported no error. Milliseconds.
   */
  readonly patienceMs: number;
  /** Name of the device, for errors. */
  readonly device: string;
}

/** A queue that another thread sends into, and the bursts that this thread lays frames into. */
export class HandedLane {
  readonly task: LaneTask;
  /** Borrowed. */
  readonly bursts: readonly FrameBurst[];
  readonly #words: Int32Array;
  readonly #handed: readonly HandedFrames[];
  readonly #thread: LaneThread;
  /** Between the clock of `HandedFrames.sentMs` and performance.now(). */
  readonly #clockOffsetMs = monotonicMs() - performance.now();
  #gone = false;
  #handedCount = 0;
  #settledCount = 0;
  #at = 0;
  #settleAt = 0;

  /** @param bursts of `queue`, empty */
  constructor(queue: HandedQueue, bursts: readonly FrameBurst[], thread: LaneThread) {
    const { framesMax } = bursts[0]!;
    const frames = HandedFrames.allocate(bursts.length, framesMax);
    const words = allocateLaneWords();
    this.task = { queue, words, frames, bursts: bursts.length };
    this.bursts = bursts;
    this.#words = new Int32Array(words);
    this.#handed = bursts.map((_, index) => new HandedFrames(frames, index, framesMax));
    this.#thread = thread;
  }

  /** The index of the burst that is filled now. There is one after each `settle`. */
  get current(): number {
    return this.#at;
  }

  /** Whether the kernel answered that the device was deleted, for a burst that was settled. */
  get gone(): boolean {
    return this.#gone;
  }

  /** Bursts that the other thread has, or that are not settled. */
  get unsettledCount(): number {
    return (this.#handedCount - this.#settledCount) | 0;
  }

  /** Hands the current burst over. `refused` frames were refused before: the other thread counts them in the queue. */
  hand(refused: number): void {
    const burst = this.bursts[this.#at]!;
    const frames = this.#handed[this.#at]!;
    burst.assertSendable();
    burst.describe(frames);
    frames.refused = refused;
    this.#at = this.#at + 1 === this.bursts.length ? 0 : this.#at + 1;
    this.#handedCount = (this.#handedCount + 1) | 0;
    Atomics.store(this.#words, LANE_HANDED, this.#handedCount);
    this.#thread.wake();
  }

  /**
   * Calls `note` for each burst that was sent since the last call, in order: with its index, how many of its frames the
   * kernel took, and when, in the milliseconds of performance.now(). `results` of the burst is filled then. `note` must clear the
   * burst.
   *
   * If all bursts are in flight it waits until half of them are sent. Throws the error that ended the other thread, and a
   * SystemError with ETIMEDOUT if that thread does nothing.
   */
  settle(note: (index: number, accepted: number, atMs: number) => void): void {
    if (this.unsettledCount === this.bursts.length) this.#wait(wakingCount(this.bursts.length));
    this.#settle(note);
  }

  /** As `settle`, and waits until all bursts were sent. */
  settleAll(note: (index: number, accepted: number, atMs: number) => void): void {
    this.#wait(0);
    this.#settle(note);
  }

  #settle(note: (index: number, accepted: number, atMs: number) => void): void {
    const sent = Atomics.load(this.#words, LANE_SENT);
    while (this.#settledCount !== sent) {
      const index = this.#settleAt;
      const frames = this.#handed[index]!;
      const { refusals } = this.bursts[index]!;
      if (frames.accepted < frames.count) refusals.copy(frames.results);
      else refusals.clear();
      this.#gone ||= frames.gone;
      note(index, frames.accepted, frames.sentMs - this.#clockOffsetMs);
      this.#settleAt = index + 1 === this.bursts.length ? 0 : index + 1;
      this.#settledCount = (this.#settledCount + 1) | 0;
    }
  }

  /** Waits until at most `inFlightMax` bursts are in flight. */
  #wait(inFlightMax: number): void {
    const { assertAlive, patienceMs, device } = this.#thread;
    for (let waitedMs = 0; ; waitedMs += LOOK_MS) {
      const sent = Atomics.load(this.#words, LANE_SENT);
      if (((this.#handedCount - sent) | 0) <= inFlightMax) return;
      assertAlive();
      if (Atomics.wait(this.#words, LANE_SENT, sent, LOOK_MS) !== 'timed-out') waitedMs = 0;
      if (waitedMs > patienceMs)
        throw threadLost(device, {
          code: 'ETIMEDOUT',
          detail: `a thread sent nothing for ${patienceMs / 1000} seconds`,
        });
    }
  }
}

function monotonicMs(): number {
  const clock = new Clock(CLOCK_MONOTONIC);
  clock.read();
  return clock.seconds * 1000 + clock.nanoseconds / 1e6;
}

/** How a thread was lost. */
export interface ThreadLoss {
  /** ETIMEDOUT if it hangs, ESRCH if it has ended. */
  readonly code: 'ETIMEDOUT' | 'ESRCH';
  readonly detail: string;
  readonly cause?: unknown;
}

/** The error about a thread that ended, or hangs, and reported no error. */
export function threadLost(device: string, { code, detail, cause }: ThreadLoss): SystemError {
  const syscall = code === 'ETIMEDOUT' ? 'futex' : 'pthread_create';
  return systemError({ action: 'go on sending into', object: device, code, syscall, detail, cause });
}
