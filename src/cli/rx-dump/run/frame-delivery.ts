import { blankPlacedFrame, type PlacedMemory } from '../../../packet/capture/placed-frame.js';
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
  readonly #placed = blankPlacedFrame();
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
    // A header of an odd size, which a process may set, does not begin at a half of a word.
    if (this.#pipeline.copies && (burst.headerBytes & 1) === 0) this.#copy(queue, burst);
    else for (let index = 0; index < burst.count; index++) this.#take(queue, burst, index);
    this.#pipeline.settle();
  }

  /** Frames in one piece go from where they were received into the output in one step. */
  #copy(queue: number, burst: FrameBurst): void {
    const placed = this.#placed;
    const { offsets, lengths, chainCounts } = burst;
    const headerBytes = knownHeaderBytes(burst);
    placed.memory = this.#memoryOf(burst);
    placed.headerBytes = headerBytes;
    placed.queue = queue;
    placed.seconds = burst.seconds;
    placed.nanoseconds = burst.nanoseconds;
    for (let index = 0; index < burst.count; index++) {
      const offset = offsets[index]!;
      if (chainCounts[index] !== 0 || (offset & 3) !== 0) {
        this.#take(queue, burst, index);
        continue;
      }
      placed.word = offset >> 2;
      placed.length = lengths[index]!;
      placed.originalLength = placed.length;
      placed.headerHalf = (offset - burst.headerBytes) >> 1;
      placed.checksumFinished = false;
      this.#pipeline.copy(placed);
    }
  }

  /** All bursts of a device lie in one memory. */
  #memoryOf({ bytes }: FrameBurst): PlacedMemory {
    if (this.#placed.memory.bytes === bytes) return this.#placed.memory;
    const { buffer } = bytes;
    return { bytes, halves: new Uint16Array(buffer), words: new Int32Array(buffer) };
  }

  #take(queue: number, burst: FrameBurst, index: number): void {
    const frame = this.#frame;
    frame.queue = queue;
    frame.seconds = burst.seconds;
    frame.nanoseconds = burst.nanoseconds;
    frame.bytes = burst.frame(index);
    frame.originalLength = frame.bytes.length;
    frame.header = this.#headerOf(burst, index);
    frame.checksumFinished = false;
    this.#pipeline.take(frame);
  }

  /** The known fields of the header, little-endian, without what a larger header has behind them. */
  #headerOf(burst: FrameBurst, index: number): Uint8Array {
    const size = knownHeaderBytes(burst);
    if (size === 0) return NO_BYTES;
    const whole = burst.header(index);
    return this.#littleEndian.of(whole.length === size ? whole : whole.subarray(0, size));
  }

  #discard(queue: TapQueue, count: number): void {
    queue.countDiscarded(count);
    this.#counts.discarded += count;
    this.#counts.discardedIn.add(queue.number);
  }
}

/** Bytes of a header whose fields are known: a larger one has others behind them. */
function knownHeaderBytes({ headerBytes }: FrameBurst): number {
  if (headerBytes === 0) return 0;
  return headerBytes >= VIRTIO_NET_HDR_MRG_RXBUF_SIZE ? VIRTIO_NET_HDR_MRG_RXBUF_SIZE : VIRTIO_NET_HDR_SIZE;
}
