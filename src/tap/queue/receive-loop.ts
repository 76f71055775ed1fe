import { CLOCK_REALTIME, Clock } from '../../sys/clock.js';
import { DescriptorWatch } from '../../sys/descriptor-watch.js';
import { disposeOnAbort } from '../../sys/ownership.js';
import type { FrameBurst } from '../memory/frame-burst.js';
import { FRAMES_PER_TURN } from '../state/limits.js';
import type { TapDevice } from './tap-device.js';
import type { TapQueue } from './tap-queue.js';

/** What a loop does with the frames that arrive. */
export interface Receiver {
  /**
   * Returns how many frames are wanted from now on: the loop takes no more from the kernel. To end, dispose
   * the loop: while frames wait in a queue, it polls again.
   */
  framesWanted(queue: TapQueue): number;
  /** `burst` holds frames of `queue`. It is borrowed until this returns. */
  onBurst(queue: TapQueue, burst: FrameBurst): void;
  /** Called when the device was deleted: nothing more will come. */
  onGone(): void;
}

export interface ReceiveLoopOptions {
  /**
   * Ask the queues again and again instead of sleeping until frames come. It costs a processor core and
   * lowers the latency: median 24 us instead of 54 us through a bridge, but longer if others want that core.
   * Signals, events and timers keep their turns.
   * @default false
   */
  readonly busyPoll?: boolean | undefined;
  /** Ends the loop, as disposing does. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Receives from a device's queues on the main thread. The event loop watches each queue's descriptor, so that
 * an idle receiver sleeps. A busy receiver returns to the event loop after a bounded number of frames. The
 * watches are level-triggered: frames that were left call again.
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
    // So that a device that is closed first disposes its loops.
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
   * Takes what waits in `queues` now, without watching: for the end of a capture.
   *
   * @param framesMax most frames of each queue: as many as its device lets wait (txqueuelen), so that a busy
   *   sender does not keep this going
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
      // Another burst would be a call for nothing. If a frame comes meanwhile, the watch calls again.
      if (queue.emptied) break;
    }
    return taken;
  }

  /** Reads the clock once a burst: all its frames were there when the kernel was asked. */
  #pass(queue: TapQueue): void {
    this.#clock.read();
    this.#burst.seconds = this.#clock.seconds;
    this.#burst.nanoseconds = this.#clock.nanoseconds;
    this.#receiver.onBurst(queue, this.#burst);
  }
}
