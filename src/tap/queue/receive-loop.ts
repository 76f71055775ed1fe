import { disposeOnAbort } from '../../sys/abort-disposal.js';
import { CLOCK_REALTIME, Clock } from '../../sys/clock.js';
import { DescriptorWatch } from '../../sys/descriptor-watch.js';
import type { FrameBurst } from '../memory/frame-burst.js';
import { FRAMES_PER_TURN } from '../state/limits.js';
import type { TapDevice } from './tap-device.js';
import type { TapQueue } from './tap-queue.js';

/** What is done with what arrives. */
export interface Receiver {
  /** Most frames wanted from now on: none is taken from the kernel beyond it. Dispose the loop to end: a queue with frames asks again. */
  framesWanted(queue: TapQueue): number;
  /** `burst` holds frames of `queue`, borrowed until this returns. */
  onBurst(queue: TapQueue, burst: FrameBurst): void;
  /** The device was deleted; nothing more will come. */
  onGone(): void;
}

export interface ReceiveLoopOptions {
  /**
   * Ask the queues again and again instead of sleeping until frames come: a processor core for a lower latency (median
   * 24 instead of 54 us through a bridge, and a longer one where others want that core). Signals, events and timers keep
   * their turns.
   * @default false
   */
  readonly busyPoll?: boolean | undefined;
  /** Ends the loop, as disposing does. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Receives from a device's queues on the main thread: the event loop watches each queue's descriptor, so that
 * an idle receiver sleeps, and a busy one gives the loop back after a bounded number of bursts.
 * Level-triggered: what was left waiting calls again.
 */
export class ReceiveLoop implements Disposable {
  readonly #clock = new Clock(CLOCK_REALTIME);
  readonly #receiver: Receiver;
  readonly #burst: FrameBurst;
  readonly #device: TapDevice;
  readonly #watches: DescriptorWatch[] = [];
  readonly #queues: readonly TapQueue[];
  #forget: () => void = () => {};
  #nextPoll: NodeJS.Immediate | undefined;
  #open = true;

  /** Starts to receive from `queues` of `device`, which must outlive the loop. */
  constructor(
    device: TapDevice,
    queues: readonly TapQueue[],
    receiver: Receiver,
    { busyPoll = false, signal }: ReceiveLoopOptions = {},
  ) {
    this.#receiver = receiver;
    this.#queues = queues;
    this.#device = device;
    this.#burst = device.allocateBurst();
    // A device that is closed first takes its loops along.
    device.own(this);
    try {
      if (busyPoll) this.#nextPoll = setImmediate(() => this.#poll());
      else this.#watch();
      this.#forget = disposeOnAbort(this, signal);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * Takes what is waiting in `queues` now, without watching: the last look before the end.
   *
   * @param framesMax of each queue: what its device lets wait (txqueuelen), so that a busy sender does not keep it going
   */
  drain(queues: readonly TapQueue[], framesMax: number): void {
    for (const queue of queues) {
      for (let left = framesMax; left > 0; ) {
        const taken = this.#turn(queue);
        if (taken === 0) break;
        left -= taken;
      }
    }
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    clearImmediate(this.#nextPoll);
    this.#forget();
    for (const watch of this.#watches) watch[Symbol.dispose]();
    this.#burst[Symbol.dispose]();
    this.#device.disown(this);
  }

  #watch(): void {
    for (const queue of this.#queues)
      this.#watches.push(DescriptorWatch.readable(queue.fd, () => this.#turn(queue)));
  }

  #poll(): void {
    for (const queue of this.#queues) this.#turn(queue);
    if (this.#open) this.#nextPoll = setImmediate(() => this.#poll());
  }

  /** Returns how many frames it took. */
  #turn(queue: TapQueue): number {
    let taken = 0;
    while (taken < FRAMES_PER_TURN && this.#open) {
      const wanted = this.#receiver.framesWanted(queue);
      if (wanted <= 0) break;
      const count = queue.receive(this.#burst, wanted);
      taken += count;
      if (count > 0) this.#pass(queue);
      if (queue.gone && this.#open) {
        this.#receiver.onGone();
        break;
      }
      if (count === 0) break;
    }
    return taken;
  }

  /** One look at the clock per burst: its frames were all there when the kernel was asked. */
  #pass(queue: TapQueue): void {
    this.#clock.read();
    this.#burst.seconds = this.#clock.seconds;
    this.#burst.nanoseconds = this.#clock.nanoseconds;
    this.#receiver.onBurst(queue, this.#burst);
  }
}
