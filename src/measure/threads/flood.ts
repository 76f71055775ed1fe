import { callError, errnoOf } from '../../sys/errno.js';
import { PacketBatch } from '../../sys/packet-batch.js';
import type { HaltWord } from './halt.js';
import { makeNumberedFrame, numberFrame } from './numbered-frames.js';

/** Frames of one call. */
const BATCH_FRAMES = 64;

/** Long enough for a reader to fall asleep. */
const GENTLE_PAUSE_MS = 0.1;
const GENTLE_TIMEOUT_MS = 10_000;
/** Half of the frames that wait in a queue before the kernel drops any. */
const WAITING_FRAMES_MAX = 500;

/** A queue on the way out of the device is full now. */
const RETRYABLE: readonly number[] = ['ENOBUFS', 'EAGAIN'].map((name) => -errnoOf(name));

/** The task of a thread that offers frames. */
export interface FloodTask {
  readonly kind: 'flood';
  readonly ifindex: number;
  readonly frameBytes: number;
  /** Flows that take turns, by which the kernel chooses queues: 1 to 64. */
  readonly flows: number;
  /**
   * Offer frames slowly.
   * @default as fast as possible, until halted
   */
  readonly gentle?: GentlePace;
  /** @default 0 */
  readonly firstSequence?: number;
  readonly halt: HaltWord;
}

/** Small bursts with pauses between them, and never more frames than a queue holds, until enough have arrived. */
export interface GentlePace {
  /** End when this many more have arrived. */
  readonly frames: number;
  /** Doubles: what each receiving thread has received so far. */
  readonly received: SharedArrayBuffer;
}

/** How many frames the kernel took, and how many it refused. */
export interface Flood {
  readonly offered: number;
  readonly refused: number;
}

/** Offers numbered frames to go out of a device. Calls `onReady` when the first batch was sent. */
export function floodDevice(task: FloodTask, onReady: () => void): Flood {
  using offering = new Offering(task);
  const halted = new Int32Array(task.halt.word);
  const { gentle } = task;
  offering.turn();
  onReady();
  if (gentle === undefined) while (Atomics.load(halted, 0) === 0) offering.turn();
  else offerGently(offering, gentle, halted);
  return { offered: offering.offered, refused: offering.refused };
}

function offerGently(offering: Offering, { frames, received }: GentlePace, halted: Int32Array): void {
  const counts = new Float64Array(received);
  const arrived = () => counts.reduce((total, count) => total + count, 0);
  const before = arrived();
  const deadline = performance.now() + GENTLE_TIMEOUT_MS;
  while (Atomics.load(halted, 0) === 0 && performance.now() < deadline) {
    const come = arrived() - before;
    if (come >= frames) return;
    Atomics.wait(halted, 0, 0, GENTLE_PAUSE_MS);
    if (offering.offered - come < WAITING_FRAMES_MAX) offering.turn();
  }
}

/** Numbered frames that an AF_PACKET socket sends. */
export class Offering implements Disposable {
  offered = 0;
  refused = 0;
  readonly #batch: PacketBatch;
  readonly #view: DataView;
  readonly #flows: number;
  #sequence: number;

  constructor({
    ifindex,
    frameBytes,
    flows,
    firstSequence = 0,
  }: Pick<FloodTask, 'ifindex' | 'frameBytes' | 'flows' | 'firstSequence'>) {
    this.#sequence = firstSequence;
    this.#batch = new PacketBatch(ifindex, BATCH_FRAMES, frameBytes);
    this.#view = new DataView(this.#batch.bytes.buffer);
    this.#flows = flows;
    for (let index = 0; index < BATCH_FRAMES; index++)
      this.#batch.bytes.set(makeNumberedFrame(frameBytes, index % flows), index * this.#batch.stride);
  }

  /** Sends one batch. */
  turn(): void {
    const { stride } = this.#batch;
    for (let index = 0; index < BATCH_FRAMES; index++)
      numberFrame(this.#view, index * stride, index % this.#flows, this.#sequence + index);
    this.#sequence += BATCH_FRAMES;
    for (let at = 0; at < BATCH_FRAMES; ) at += this.#send(at);
  }

  /**
   * Sends the batch from `first` on. The kernel stops at the first frame that it refuses: that one is counted, and
   * the others follow. Returns how many frames were handled.
   */
  #send(first: number): number {
    const result = this.#batch.send(first);
    if (result > 0) {
      this.offered += result;
      return result;
    }
    if (!RETRYABLE.includes(result))
      throw callError({ action: 'send', object: 'frames' }, 'sendmmsg(AF_PACKET)', -result);
    this.refused += 1;
    return 1;
  }

  [Symbol.dispose](): void {
    this.#batch[Symbol.dispose]();
  }
}
