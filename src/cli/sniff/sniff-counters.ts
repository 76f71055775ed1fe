import { MissedCount } from '../../tap/link/missed-count.js';
import type { FrameWatch } from '../../tap/watch/frame-watch.js';
import { FrameCounts } from '../rx-dump/run/frame-counts.js';
import type { ReceptionCounter, ReceptionStatistics } from '../rx-dump/sinks/frame-sink.js';
import { periodSince } from '../rx-dump/sinks/frame-time.js';

/** What is counted of a watched device since this object was made. */
export class SniffCounters implements ReceptionCounter, Disposable {
  /** What the run itself counts. */
  readonly frames = new FrameCounts();
  readonly #watch: FrameWatch;
  readonly #missed: MissedCount;
  readonly #startMs = Date.now();

  /** Begins to count. `watch` must outlive it. */
  constructor(watch: FrameWatch) {
    this.#watch = watch;
    this.#missed = new MissedCount(watch.ifindex);
  }

  /** Frames that the filter accepted, dropped ones included. */
  get received(): number {
    return this.#watch.readCounts().packets;
  }

  /** Frames that the kernel dropped because no room was left in this run's memory. */
  get dropped(): number {
    return this.#watch.readCounts().drops;
  }

  /** Frames that the device itself dropped meanwhile, because a queue was full or had no reader. */
  get missed(): number {
    return this.#missed.read();
  }

  /** Frames that have the time of the frame before them. */
  get late(): number {
    return this.#watch.late;
  }

  statistics(): ReceptionStatistics {
    const { received, dropped } = this;
    return {
      ...periodSince(this.#startMs),
      received,
      missed: dropped,
      accepted: received - dropped,
    };
  }

  [Symbol.dispose](): void {
    this.#missed[Symbol.dispose]();
  }
}
