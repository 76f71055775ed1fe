import type { PlacedFrame } from '../../packet/capture/pcapng-copier.js';
import type { WatchedBurst } from '../../tap/watch/watched-burst.js';
import type { FramePipeline } from '../rx-dump/run/frame-pipeline.js';
import { blankFrame } from '../rx-dump/sinks/captured-frame.js';
import { LittleEndianHeader } from '../rx-dump/sinks/captured-header.js';

/** Passes the frames of watched bursts to a pipeline. */
export class WatchedDelivery {
  readonly #pipeline: FramePipeline;
  readonly #frame = blankFrame('outbound');
  readonly #placed: PlacedFrame = {
    words: new Int32Array(),
    word: 0,
    length: 0,
    originalLength: 0,
    seconds: 0,
    nanoseconds: 0,
    outbound: true,
    queue: 0,
  };
  readonly #littleEndian = new LittleEndianHeader();

  constructor(pipeline: FramePipeline) {
    this.#pipeline = pipeline;
  }

  /** Passes the frames of `burst` on, as long as frames are wanted. */
  take(burst: WatchedBurst): void {
    const pipeline = this.#pipeline;
    for (let index = 0; index < burst.count && pipeline.wanted > 0; index++) {
      if (pipeline.copies(burst.length(index)) && burst.isPlain(index)) this.#copy(burst, index);
      else this.#pass(burst, index);
    }
    pipeline.settle();
  }

  /** Most frames of a capture into a file have nothing to finish, and go from the ring into the output in one step. */
  #copy(burst: WatchedBurst, index: number): void {
    const placed = this.#placed;
    placed.words = burst.words;
    placed.word = burst.wordOf(index);
    placed.length = burst.length(index);
    placed.originalLength = burst.originalLengths[index]!;
    placed.seconds = burst.seconds[index]!;
    placed.nanoseconds = burst.nanoseconds[index]!;
    placed.outbound = burst.outbound[index] === 1;
    placed.queue = burst.queues[index]!;
    this.#pipeline.copy(placed);
  }

  #pass(burst: WatchedBurst, index: number): void {
    const frame = this.#frame;
    frame.queue = burst.queues[index]!;
    frame.direction = burst.outbound[index] === 1 ? 'outbound' : 'inbound';
    frame.bytes = burst.frame(index);
    frame.originalLength = burst.originalLengths[index]!;
    frame.seconds = burst.seconds[index]!;
    frame.nanoseconds = burst.nanoseconds[index]!;
    frame.header = this.#littleEndian.of(burst.header(index));
    frame.checksumFinished = false;
    this.#pipeline.take(frame);
  }
}
