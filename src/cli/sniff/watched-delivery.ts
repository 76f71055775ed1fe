import { blankPlacedFrame } from '../../packet/capture/placed-frame.js';
import type { WatchedBurst } from '../../tap/watch/watched-burst.js';
import type { FramePipeline } from '../rx-dump/run/frame-pipeline.js';
import { blankFrame } from '../rx-dump/sinks/captured-frame.js';
import { LittleEndianHeader } from '../rx-dump/sinks/captured-header.js';

/** Passes the frames of watched bursts to a pipeline. */
export class WatchedDelivery {
  readonly #pipeline: FramePipeline;
  readonly #frame = blankFrame('outbound');
  readonly #placed = blankPlacedFrame();
  readonly #littleEndian = new LittleEndianHeader();

  constructor(pipeline: FramePipeline) {
    this.#pipeline = pipeline;
  }

  /** Passes the frames of `burst` on, as long as frames are wanted. */
  take(burst: WatchedBurst): void {
    const pipeline = this.#pipeline;
    if (pipeline.copies) this.#copy(burst);
    else for (let index = 0; index < burst.count && pipeline.wanted > 0; index++) this.#pass(burst, index);
    pipeline.settle();
  }

  /** Frames of a capture into a file go from the ring into the output in one step. No filter is in the way, so each counts. */
  #copy(burst: WatchedBurst): void {
    const placed = this.#placed;
    placed.memory = burst.memory;
    const count = Math.min(burst.count, this.#pipeline.wanted);
    for (let index = 0; index < count; index++) {
      if (burst.place(index, placed)) this.#pipeline.copy(placed);
      else this.#pass(burst, index);
    }
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
