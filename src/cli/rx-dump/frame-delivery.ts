import type { FrameBurst } from '../../tap/frame-burst.js';
import type { Receiver } from '../../tap/receive-loop.js';
import type { TapQueue } from '../../tap/tap-queue.js';
import type { OutputWriter } from '../output-writer.js';
import type { Ending } from './ending.js';
import type { FrameSink, ReceivedFrame } from './frame-sink.js';

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

export interface DeliveryOptions {
  /** Queues whose frames are wanted; those of the others are discarded. */
  readonly queues: readonly number[];
  /** Most frames taken from the wanted queues. */
  readonly countMax: number;
}

/** Takes bursts from the queues, passes the wanted frames to the output, and counts. */
export class FrameDelivery implements Receiver {
  readonly #queues: ReadonlySet<number>;
  readonly #countMax: number;
  readonly #sink: FrameSink;
  readonly #output: OutputWriter;
  readonly #ending: Ending;
  readonly #frame: Mutable<ReceivedFrame> = { queue: 0, bytes: new Uint8Array(), seconds: 0, nanoseconds: 0 };
  readonly #discardedIn = new Set<number>();
  #captured = 0;
  #discarded = 0;

  constructor(sink: FrameSink, output: OutputWriter, ending: Ending, options: DeliveryOptions) {
    this.#sink = sink;
    this.#output = output;
    this.#ending = ending;
    this.#queues = new Set(options.queues);
    this.#countMax = options.countMax;
  }

  /** Frames taken from the wanted queues. */
  get captured(): number {
    return this.#captured;
  }

  /** Frames taken from the other queues and thrown away. */
  get discarded(): number {
    return this.#discarded;
  }

  /** The queues that they came from. */
  get discardedIn(): readonly number[] {
    return [...this.#discardedIn].sort((a, b) => a - b);
  }

  framesWanted(queue: TapQueue): number {
    if (this.#ending.reason === 'count') return 0;
    return this.#queues.has(queue.number) ? this.#countMax - this.#captured : Number.POSITIVE_INFINITY;
  }

  onBurst(queue: TapQueue, burst: FrameBurst): void {
    if (this.#queues.has(queue.number)) this.#deliver(queue.number, burst);
    else this.#discard(queue, burst.count);
  }

  onGone(): void {
    this.#ending.reach('gone');
  }

  #deliver(queue: number, burst: FrameBurst): void {
    const frame = this.#frame;
    frame.queue = queue;
    frame.seconds = burst.seconds;
    frame.nanoseconds = burst.nanoseconds;
    for (let index = 0; index < burst.count; index++) {
      frame.bytes = burst.frame(index);
      this.#output.write(this.#sink.encode(frame));
    }
    this.#captured += burst.count;
    this.#output.flushSoon();
    if (this.#output.error !== undefined) this.#ending.reach('output');
    else if (this.#captured >= this.#countMax) this.#ending.reach('count');
  }

  #discard(queue: TapQueue, count: number): void {
    queue.countDiscarded(count);
    this.#discarded += count;
    this.#discardedIn.add(queue.number);
  }
}
