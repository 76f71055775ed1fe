import { CLOCK_MONOTONIC, Clock } from '../../sys/clock.js';
import type { FrameBurst } from '../memory/frame-burst.js';
import { HandedFrames } from '../memory/handed-frames.js';
import type { HandedQueue } from '../queue/handed-queue.js';
import type { TapQueue } from '../queue/tap-queue.js';
import { LANE_HANDED, LANE_SENT, wakingCount } from './lane-words.js';

const MS_PER_SECOND = 1000;
const NS_PER_MS = 1e6;

/** A queue as its thread gets it, with the memory that both threads share. */
export interface LaneTask {
  readonly queue: HandedQueue;
  readonly words: SharedArrayBuffer;
  readonly frames: SharedArrayBuffer;
  /** Bursts in `frames`. */
  readonly bursts: number;
}

/** Sends the bursts that another thread hands over for one queue, in their order. Hot path: nothing is allocated. */
export class SendingLane {
  readonly #queue: TapQueue;
  readonly #burst: FrameBurst;
  readonly #words: Int32Array;
  readonly #handed: readonly HandedFrames[];
  readonly #wakingCount: number;
  readonly #clock = new Clock(CLOCK_MONOTONIC);
  #sent = 0;
  #at = 0;

  /** @param burst holds what is sent while it is sent; lanes of one thread can share it */
  constructor(task: LaneTask, queue: TapQueue, burst: FrameBurst) {
    this.#queue = queue;
    this.#burst = burst;
    this.#words = new Int32Array(task.words);
    this.#wakingCount = wakingCount(task.bursts);
    this.#handed = Array.from(
      { length: task.bursts },
      (_, index) => new HandedFrames(task.frames, index, burst.framesMax),
    );
  }

  /** Sends the next burst. False if none was handed over. */
  sendNext(): boolean {
    if (Atomics.load(this.#words, LANE_HANDED) === this.#sent) return false;
    this.#send(this.#handed[this.#at]!);
    this.#at = this.#at + 1 === this.#handed.length ? 0 : this.#at + 1;
    this.#sent = (this.#sent + 1) | 0;
    Atomics.store(this.#words, LANE_SENT, this.#sent);
    const inFlight = (Atomics.load(this.#words, LANE_HANDED) - this.#sent) | 0;
    if (inFlight === 0 || inFlight === this.#wakingCount) Atomics.notify(this.#words, LANE_SENT);
    return true;
  }

  #send(frames: HandedFrames): void {
    const burst = this.#burst;
    for (let refused = 0; refused < frames.refused; refused++) this.#queue.countRefused();
    burst.adopt(frames);
    frames.accepted = frames.count === 0 ? 0 : this.#queue.send(burst);
    if (frames.accepted < frames.count) frames.results.set(burst.results);
    frames.gone = this.#queue.gone;
    this.#clock.read();
    frames.sentMs = this.#clock.seconds * MS_PER_SECOND + this.#clock.nanoseconds / NS_PER_MS;
  }
}
