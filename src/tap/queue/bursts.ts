import { ArgumentTypeError, type SystemError } from '../../errors.js';
import { CLOCK_REALTIME, Clock } from '../../sys/clock.js';
import { DescriptorWatch } from '../../sys/descriptor-watch.js';
import { disposeOnAbort } from '../../sys/ownership.js';
import { headerChanged } from '../link/device-errors.js';
import type { FrameBurst } from '../memory/frame-burst.js';
import { FRAMES_PER_TURN } from '../state/limits.js';
import type { TapQueue } from './tap-queue.js';

/** Which queues an iteration reads, and what ends it. */
export interface BurstsOptions {
  /**
   * Queues to read. Frames that arrive in other queues wait for another reader, and are lost if there is
   * none.
   * @default all queues of the device
   */
  readonly queues?: readonly TapQueue[] | undefined;
  /** Ends the iteration with the signal's reason, as in Node's own iterators. A wait ends at once. */
  readonly signal?: AbortSignal | undefined;
}

/** The device whose queues an iteration reads: a `TapDevice`. */
export interface BurstSource {
  readonly name: string;
  readonly queues: readonly TapQueue[];
  /** Memory for a burst, which belongs to the caller until its device is disposed. */
  allocateBurst(): FrameBurst;
  /** Disposes `resource` when the device is disposed first. */
  own(resource: Disposable): void;
  /** Forgets `resource`, which was disposed before its device. */
  disown(resource: Disposable): void;
}

/** What arrived in one queue. The same object serves all bursts: each step of the iteration changes it. */
export interface ReceivedBurst {
  readonly queue: TapQueue;
  /** Borrowed until the next step. `seconds` and `nanoseconds` say when it was taken from the kernel. */
  readonly burst: FrameBurst;
}

type Step = IteratorResult<ReceivedBurst, undefined>;

const DONE: Step = { done: true, value: undefined };

/**
 * The bursts that arrive in a device's queues, for `for await`. `TapDevice.bursts` makes it.
 *
 * The consumer sets the pace: `next` takes a burst from the kernel, nothing else does. Frames that come
 * faster wait in the kernel, up to txqueuelen. The kernel drops those beyond and counts them as missed.
 * Queues take turns. While no frame waits the process sleeps. A consumer that never catches up still gives
 * the event loop its turns. Nothing is allocated per frame.
 *
 * The iteration ends when the device is deleted or closed, or when the loop is left. A queue has one reader
 * at a time.
 */
export class Bursts implements AsyncIterableIterator<ReceivedBurst, undefined>, Disposable {
  readonly #device: BurstSource;
  #failure: SystemError | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #clock = new Clock(CLOCK_REALTIME);
  readonly #watches = new Map<TapQueue, DescriptorWatch>();
  /** Queues in which frames may wait, the next one first. Their watches are paused. */
  readonly #ready: TapQueue[] = [];
  readonly #value: { queue: TapQueue; burst: FrameBurst };
  readonly #step: Step;
  readonly #taken: Promise<Step>;
  #forget: () => void = () => {};
  #wake: () => void = () => {};
  #framesInTurn = 0;
  #asked = false;
  #open = true;

  /**
   * Throws a TypeError for a queue of another device, and a RangeError if `device` has no room for another
   * burst.
   */
  constructor(device: BurstSource, { queues = device.queues, signal }: BurstsOptions = {}) {
    const [first] = queues;
    if (first === undefined || queues.some((queue) => !device.queues.includes(queue)))
      throw new ArgumentTypeError(
        `cannot receive bursts of "${device.name}": give one or more queues of this device`,
      );
    this.#device = device;
    this.#signal = signal;
    this.#value = { queue: first, burst: device.allocateBurst() };
    this.#step = { done: false, value: this.#value };
    this.#taken = Promise.resolve(this.#step);
    device.own(this);
    try {
      for (const queue of new Set(queues)) this.#watch(queue);
      this.#forget = disposeOnAbort(this, signal);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /**
   * Settles with the next burst when there is one. Rejects with a TypeError while the call before has not
   * settled.
   */
  next(): Promise<Step> {
    if (this.#asked) {
      return Promise.reject(
        new ArgumentTypeError('cannot take "burst": the previous one has not arrived yet'),
      );
    }
    // One promise for all bursts that are there already costs 9 bytes of heap a frame. An async function
    // costs 28.
    const isMore = this.#open && this.#ready.length > 0 && this.#framesInTurn < FRAMES_PER_TURN;
    return isMore && this.#receive() ? this.#taken : this.#wait();
  }

  /** Ends the iteration, as leaving the loop does. */
  return(): Promise<Step> {
    this[Symbol.dispose]();
    return Promise.resolve(DONE);
  }

  /** Ends the iteration: a wait settles as done. A second call does nothing. */
  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    for (const watch of this.#watches.values()) watch[Symbol.dispose]();
    this.#value.burst[Symbol.dispose]();
    this.#device.disown(this);
    this.#forget();
    this.#wake();
  }

  #watch(queue: TapQueue): void {
    const watch = DescriptorWatch.readable(queue.fd, () => {
      watch.pause();
      this.#ready.push(queue);
      this.#wake();
    });
    this.#watches.set(queue, watch);
  }

  async #wait(): Promise<Step> {
    this.#asked = true;
    try {
      for (;;) {
        this.#signal?.throwIfAborted();
        if (this.#failure !== undefined) throw this.#failure;
        if (!this.#open) return DONE;
        if (this.#ready.length === 0) await this.#sleep();
        else if (this.#framesInTurn >= FRAMES_PER_TURN) await this.#giveTurn();
        else if (this.#receive()) return this.#step;
      }
    } finally {
      this.#asked = false;
    }
  }

  #sleep(): Promise<void> {
    this.#framesInTurn = 0;
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #giveTurn(): Promise<void> {
    this.#framesInTurn = 0;
    return new Promise((resolve) => setImmediate(resolve));
  }

  /** Ends the iteration, since nothing will be received any more. */
  #endWith({ changedHeaderBytes }: TapQueue): void {
    this[Symbol.dispose]();
    if (changedHeaderBytes !== undefined)
      this.#failure = headerChanged(this.#device.name, 'go on reading', changedHeaderBytes);
  }

  /** Receives from the first of the ready queues. Returns whether frames came. */
  #receive(): boolean {
    const queue = this.#ready.shift()!;
    const { burst } = this.#value;
    const count = queue.receive(burst);
    if (count === 0) {
      if (queue.gone) this.#endWith(queue);
      else this.#watches.get(queue)?.resume();
      return false;
    }
    this.#ready.push(queue);
    this.#framesInTurn += count;
    this.#clock.read();
    burst.seconds = this.#clock.seconds;
    burst.nanoseconds = this.#clock.nanoseconds;
    this.#value.queue = queue;
    return true;
  }
}
