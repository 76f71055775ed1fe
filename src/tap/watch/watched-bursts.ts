import { ArgumentTypeError } from '../../errors.js';
import { DescriptorWatch } from '../../sys/descriptor-watch.js';
import { disposeOnAbort } from '../../sys/ownership.js';
import { FRAMES_PER_TURN } from '../state/limits.js';
import type { FrameSource } from './frame-source.js';
import type { WatchedBurst } from './watched-burst.js';

/** What ends an iteration, beside the watch itself. */
export interface WatchedBurstsOptions {
  /** Ends the iteration with the signal's reason, as in Node's own iterators. A wait ends at once. */
  readonly signal?: AbortSignal | undefined;
}

/** What an iteration reads, and the watch that owns it. */
export interface WatchedFrames {
  /** Readable when the kernel has handed a block over. */
  readonly fd: number;
  readonly source: FrameSource;
  /** Whether no frame comes any more, besides those that are in the rings. */
  isEnded(): boolean;
  /** Takes what made `fd` readable. */
  takeEdges(): void;
  /** Calls `wake` when the watch has ended. */
  onEnd(wake: () => void): void;
  /** Disposes `resource` when the watch is disposed first. */
  own(resource: Disposable): void;
  /** Forgets `resource`, which was disposed before the watch. */
  disown(resource: Disposable): void;
}

type Step = IteratorResult<WatchedBurst, undefined>;

const DONE: Step = { done: true, value: undefined };
/** How long the last blocks may take to be handed over when nothing comes any more. Milliseconds. */
const LAST_BLOCKS_MS = 2000;
/**
 * How long frames that wait for older ones keep this process from looking at the rings again: with 15 in place of 5, a frame of 200,000
 * a second takes 0.35 us of processor time in place of 0.42. Milliseconds.
 */
const LOOK_MS = 15;
/** The same where the last look took more than this share of a ring: what remains must bridge a pause of this process. */
const LOOK_BUSY_MS = 5;
const PRESSURE_BUSY = 0.1;
/** How often to look for the last blocks. Milliseconds. */
const LAST_LOOK_MS = 2;

/**
 * The frames that pass a device, burst by burst, for `for await`. `FrameWatch.bursts` makes it.
 *
 * The consumer sets the pace. Frames that come faster wait in the rings; the kernel drops those beyond and counts them. The process
 * sleeps while no frame comes, and a consumer that never catches up still gives the event loop its turns. No frame costs a call
 * into the kernel, and none an object if frames of its length came before.
 */
export class WatchedBursts implements AsyncIterableIterator<WatchedBurst, undefined>, Disposable {
  readonly #frames: WatchedFrames;
  readonly #signal: AbortSignal | undefined;
  readonly #watch: DescriptorWatch;
  readonly #step: Step;
  readonly #taken: Promise<Step>;
  #forget: () => void = () => {};
  #wake: () => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #framesInTurn = 0;
  #endMs = Number.POSITIVE_INFINITY;
  /** Whether the last look at the rings took all that will ever be in them. */
  #isComplete = false;
  #asked = false;
  #open = true;

  /** @internal */
  constructor(frames: WatchedFrames, { signal }: WatchedBurstsOptions = {}) {
    this.#frames = frames;
    this.#signal = signal;
    this.#step = { done: false, value: frames.source.burst };
    this.#taken = Promise.resolve(this.#step);
    this.#watch = DescriptorWatch.readable(frames.fd, () => {
      frames.takeEdges();
      this.#wake();
    });
    frames.own(this);
    frames.onEnd(() => this.#wake());
    this.#forget = disposeOnAbort(this, signal);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Settles with the next burst when there is one. Rejects with a TypeError while the call before has not settled. */
  next(): Promise<Step> {
    if (this.#asked)
      return Promise.reject(
        new ArgumentTypeError('cannot take "burst": the previous one has not arrived yet'),
      );
    return this.#open && this.#framesInTurn < FRAMES_PER_TURN && this.#fill() ? this.#taken : this.#wait();
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
    clearTimeout(this.#timer);
    this.#watch[Symbol.dispose]();
    this.#frames.disown(this);
    this.#forget();
    this.#wake();
  }

  async #wait(): Promise<Step> {
    this.#asked = true;
    try {
      for (;;) {
        this.#signal?.throwIfAborted();
        if (!this.#open) return DONE;
        if (this.#framesInTurn >= FRAMES_PER_TURN) await this.#giveTurn();
        else if (this.#fill() || this.#refill()) return this.#step;
        else if (this.#isComplete) this[Symbol.dispose]();
        else await this.#sleep();
      }
    } finally {
      this.#asked = false;
    }
  }

  #fill(): boolean {
    const count = this.#frames.source.fill();
    this.#framesInTurn += count;
    return count > 0;
  }

  #refill(): boolean {
    const { source } = this.#frames;
    // Read before the rings: a block that the kernel hands over in between is collected then.
    this.#isComplete = this.#frames.isEnded() && (!source.isFilling || this.#isLate());
    source.refresh({ all: this.#isComplete });
    return this.#fill();
  }

  /** Whether the kernel has had the time to hand the last blocks over. */
  #isLate(): boolean {
    if (this.#endMs === Number.POSITIVE_INFINITY) this.#endMs = performance.now() + LAST_BLOCKS_MS;
    return performance.now() > this.#endMs;
  }

  #sleep(): Promise<void> {
    this.#framesInTurn = 0;
    const { source } = this.#frames;
    const ended = this.#frames.isEnded();
    return new Promise((resolve) => {
      this.#wake = () => {
        clearTimeout(this.#timer);
        resolve();
      };
      if (ended) this.#timer = setTimeout(resolve, LAST_LOOK_MS);
      else if (source.waiting === 0) this.#watch.resume();
      else {
        // Blocks that come while frames wait anyway are collected with them: one look for many blocks.
        this.#watch.pause();
        this.#timer = setTimeout(resolve, source.pressure > PRESSURE_BUSY ? LOOK_BUSY_MS : LOOK_MS);
      }
    });
  }

  #giveTurn(): Promise<void> {
    this.#framesInTurn = 0;
    return new Promise((resolve) => setImmediate(resolve));
  }
}
