import { HOST_IS_LITTLE_ENDIAN } from '../../../packet/bytes/byte-order.js';
import type { PlacedFrame } from '../../../packet/capture/placed-frame.js';
import type { CapturedFrame, MutableFrame } from '../sinks/captured-frame.js';
import type { Ending } from './ending.js';
import type { FrameCounts } from './frame-counts.js';
import { FrameFinishing } from './frame-finishing.js';
import type { OutputChannel } from './output-channel.js';

/** Which frames are wanted; a `FilterProgram` is one. */
export interface FrameMatcher {
  accepts(frame: Uint8Array, originalLength: number): boolean;
}

/** What looks at every wanted frame; a `Verification` is one. */
export interface FrameObserver {
  observe(frame: CapturedFrame): void;
}

export interface PipelineOptions {
  /** Most frames that are wanted. The run ends after the last. */
  readonly countMax: number;
  /** Bytes of each frame that are kept. */
  readonly snapBytes: number;
  /** Leave checksums as the kernel left them. */
  readonly raw: boolean;
  /** Cut what is to be segmented. */
  readonly segment: boolean;
  readonly filter: FrameMatcher | undefined;
  readonly observer: FrameObserver | undefined;
  readonly counts: FrameCounts;
}

/** The way of each frame from a device or a saved capture: finish, filter, count, cut, and write to the outputs. */
export class FramePipeline {
  readonly #options: PipelineOptions;
  readonly #channels: readonly OutputChannel[];
  readonly #ending: Ending;
  readonly #finishing = new FrameFinishing();
  /**
   * Whether `copy` may take frames: nothing looks at them or cuts them, and each output can copy them.
   */
  readonly copies: boolean;
  /** Whether the current frame is written in segments. */
  #segmented = false;
  /** Whether something of the current frame may have to be written. */
  #waits = false;

  constructor(channels: readonly OutputChannel[], ending: Ending, options: PipelineOptions) {
    this.#channels = channels;
    this.#ending = ending;
    this.#options = options;
    const { filter, observer, segment } = options;
    const isSeen = filter !== undefined || observer !== undefined || segment;
    this.copies = HOST_IS_LITTLE_ENDIAN && !isSeen && channels.every(({ copies }) => copies);
  }

  /** Frames that are still wanted. */
  get wanted(): number {
    return this.#options.countMax - this.#options.counts.captured;
  }

  /**
   * Passes a frame on as `take` does, faster and without an allocation. Only if `copies`. Changes its fields, and its bytes if its
   * checksum is finished here.
   */
  copy(frame: PlacedFrame): void {
    const { raw, snapBytes, counts } = this.#options;
    counts.offered += 1;
    counts.captured += 1;
    counts.written += 1;
    if (!raw) this.#finishing.finishPlaced(frame);
    if (frame.length > snapBytes) frame.length = snapBytes;
    for (const channel of this.#channels) channel.copy(frame);
  }

  /** Passes `frame` on. Changes its fields, and its bytes if its checksum is finished here. */
  take(frame: MutableFrame): void {
    if (this.begin(frame)) while (this.writeNext(frame));
  }

  /** Takes `frame` without writing it: `writeNext` does that, until it returns false. False if the filter does not match. */
  begin(frame: MutableFrame): boolean {
    const { raw, filter, observer, segment, counts } = this.#options;
    counts.offered += 1;
    // Before the filter, which has to see what is shown.
    if (!raw) this.#finishing.finish(frame);
    if (filter !== undefined && !filter.accepts(frame.bytes, frame.originalLength)) return false;
    counts.captured += 1;
    observer?.observe(frame);
    this.#segmented = segment && this.#finishing.beginSegments(frame);
    this.#waits = true;
    return true;
  }

  /** Writes the frame of the last `begin`, or its next segment. False if nothing of it is left. */
  writeNext(frame: MutableFrame): boolean {
    if (!this.#waits) return false;
    if (!this.#segmented) this.#waits = false;
    else if (!this.#finishing.nextSegment(frame)) return false;
    this.#write(frame);
    return true;
  }

  /** After some frames: passes them to the readers, and ends the run if it has enough or an output failed. */
  settle(): void {
    let isFailed = false;
    for (const { output } of this.#channels) {
      output.flushSoon();
      isFailed = isFailed || output.error !== undefined;
    }
    if (isFailed) this.#ending.reach('output');
    else if (this.wanted <= 0) this.#ending.reach('count');
  }

  #write(frame: MutableFrame): void {
    const { snapBytes, counts } = this.#options;
    if (frame.bytes.length > snapBytes) frame.bytes = frame.bytes.subarray(0, snapBytes);
    counts.written += 1;
    for (const channel of this.#channels) channel.write(frame);
  }
}
