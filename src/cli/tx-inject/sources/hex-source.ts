import { QUEUE_UNKNOWN } from '../../../packet/capture/capture-record.js';
import { LINKTYPE_ETHERNET } from '../../../packet/capture/pcap-format.js';
import { type FrameSource, NO_HEADER, type RepeatedFrames } from './frame-source.js';

/** Frames given on the command line. */
export class HexSource implements FrameSource {
  readonly #frames: readonly Uint8Array[];
  #at = -1;

  constructor(frames: readonly Uint8Array[]) {
    this.#frames = frames;
  }

  next(): boolean {
    this.#at += 1;
    return this.#at < this.#frames.length;
  }

  refill(): boolean {
    return false;
  }

  cancel(): void {}

  rewind(): void {
    this.#at = -1;
  }

  get frame(): Uint8Array {
    return this.#frames[this.#at]!;
  }

  get bytes(): Uint8Array {
    return this.frame;
  }

  get length(): number {
    return this.frame.length;
  }

  get originalLength(): number {
    return this.frame.length;
  }

  get repeated(): RepeatedFrames {
    return {
      count: this.#frames.length,
      byteCount: this.#frames.reduce((sum, { length }) => sum + length, 0),
    };
  }

  get repeatIndex(): number {
    return this.#at;
  }

  readonly start = 0;
  readonly ethernet = true;
  readonly linkType = LINKTYPE_ETHERNET;
  readonly recordedSeconds = 0;
  readonly queue = QUEUE_UNKNOWN;
  readonly virtioNetHeader = NO_HEADER;
  readonly checksumFinished = false;

  get fraction(): number {
    return Math.min(Math.max(this.#at, 0) / this.#frames.length, 1);
  }

  [Symbol.dispose](): void {}
}
