import { MissedCount } from '../../../tap/link/missed-count.js';
import type { TapDevice } from '../../../tap/queue/tap-device.js';
import type { ReceptionStatistics } from '../sinks/frame-sink.js';
import type { DeviceCounts } from './count-report.js';
import type { FrameDelivery } from './frame-delivery.js';
import type { FramePipeline } from './frame-pipeline.js';

/** What is counted of a device since this object was made. */
export class DeviceCounters implements DeviceCounts, Disposable {
  readonly #missed: MissedCount;
  readonly #device: TapDevice;
  readonly #startMs = Date.now();
  #pipeline: FramePipeline | undefined;
  #delivery: FrameDelivery | undefined;

  /** Begins to count what the kernel drops of `device`, which must outlive it. */
  constructor(device: TapDevice) {
    this.#device = device;
    this.#missed = new MissedCount(device.ifindex);
  }

  /** Says who counts the frames that came. */
  follow(pipeline: FramePipeline, delivery: FrameDelivery): void {
    this.#pipeline = pipeline;
    this.#delivery = delivery;
  }

  get missed(): number {
    return this.#missed.read();
  }

  get truncated(): number {
    return this.#device.queues.reduce((sum, { truncated }) => sum + truncated, 0);
  }

  get discarded(): number {
    return this.#delivery?.discarded ?? 0;
  }

  get discardedIn(): readonly number[] {
    return this.#delivery?.discardedIn ?? [];
  }

  /** Everything so far, for the end of a capture. */
  statistics(): ReceptionStatistics {
    const { offered = 0, captured = 0 } = this.#pipeline ?? {};
    const start = timeOf(this.#startMs);
    // In whole milliseconds it may be less than the time of the last frame.
    const end = timeOf(Date.now() + 1);
    return {
      startSeconds: start.seconds,
      startNanoseconds: start.nanoseconds,
      endSeconds: end.seconds,
      endNanoseconds: end.nanoseconds,
      received: offered + this.discarded,
      missed: this.missed,
      accepted: captured,
    };
  }

  [Symbol.dispose](): void {
    this.#missed[Symbol.dispose]();
  }
}

function timeOf(milliseconds: number): { seconds: number; nanoseconds: number } {
  return { seconds: Math.floor(milliseconds / 1000), nanoseconds: (milliseconds % 1000) * 1_000_000 };
}
