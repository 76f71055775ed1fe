import {
  VIRTIO_NET_HDR_MRG_RXBUF_SIZE,
  VIRTIO_NET_HDR_SIZE,
} from '../../../packet/headers/virtio-net-header.js';
import type { FrameBurst } from '../../../tap/memory/frame-burst.js';
import type { Receiver } from '../../../tap/queue/receive-loop.js';
import type { TapQueue } from '../../../tap/queue/tap-queue.js';
import { blankFrame } from '../sinks/captured-frame.js';
import { LittleEndianHeader } from '../sinks/captured-header.js';
import type { Ending } from './ending.js';
import type { FrameCounts } from './frame-counts.js';
import type { FramePipeline } from './frame-pipeline.js';

const NO_BYTES = new Uint8Array();

export interface DeliveryOptions {
  /** The numbers of the queues whose frames are wanted; those of the others are discarded. */
  readonly queues: readonly number[];
  readonly counts: FrameCounts;
}

/** Takes bursts from the queues, passes the wanted frames to the pipeline and discards the others. */
export class FrameDelivery implements Receiver {
  readonly #queues: ReadonlySet<number>;
  readonly #pipeline: FramePipeline;
  readonly #ending: Ending;
  readonly #frame = blankFrame('outbound');
  readonly #littleEndian = new LittleEndianHeader();
  readonly #counts: FrameCounts;

  constructor(pipeline: FramePipeline, ending: Ending, { queues, counts }: DeliveryOptions) {
    this.#pipeline = pipeline;
    this.#ending = ending;
    this.#queues = new Set(queues);
    this.#counts = counts;
  }

  /** A filter lets at most all frames through, so no more are taken than are wanted. They may be asked for several times. */
  framesWanted(queue: TapQueue): number {
    if (this.#ending.reason === 'count') return 0;
    return this.#queues.has(queue.number) ? this.#pipeline.wanted : Number.POSITIVE_INFINITY;
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
    for (let index = 0; index < burst.count; index++) {
      frame.queue = queue;
      frame.seconds = burst.seconds;
      frame.nanoseconds = burst.nanoseconds;
      frame.bytes = burst.frame(index);
      frame.originalLength = frame.bytes.length;
      frame.header = this.#headerOf(burst, index);
      frame.checksumFinished = false;
      this.#pipeline.take(frame);
    }
    this.#pipeline.settle();
  }

  /** The known fields of the header, little-endian, without what a larger header has behind them. */
  #headerOf(burst: FrameBurst, index: number): Uint8Array {
    if (burst.headerBytes === 0) return NO_BYTES;
    const isLong = burst.headerBytes >= VIRTIO_NET_HDR_MRG_RXBUF_SIZE;
    const size = isLong ? VIRTIO_NET_HDR_MRG_RXBUF_SIZE : VIRTIO_NET_HDR_SIZE;
    const whole = burst.header(index);
    return this.#littleEndian.of(whole.length === size ? whole : whole.subarray(0, size));
  }

  #discard(queue: TapQueue, count: number): void {
    queue.countDiscarded(count);
    this.#counts.discarded += count;
    this.#counts.discardedIn.add(queue.number);
  }
}
