import { QUEUE_UNKNOWN } from '../../../packet/capture/capture-record.js';
import { LINKTYPE_ETHERNET } from '../../../packet/capture/pcap-format.js';
import { type FrameSource, NO_HEADER, type RepeatedFrames } from './frame-source.js';

/** Frames given on the command line, again and again. */
export class HexSource implements FrameSource {
  readonly #frames: readonly Uint8Array[];
  readonly #rounds: number;
  #round = 0;
  #at = -1;

  /** @param rounds how often the frames come; Infinity for no limit */
  constructor(frames: readonly Uint8Array[], rounds = 1) {
    this.#frames = frames;
    this.#rounds = rounds;
  }

  next(): boolean {
    const { length } = this.#frames;
    this.#at += 1;
    if (this.#at < length) return true;
    if (this.#round + 1 >= this.#rounds) return false;
    this.#round += 1;
    this.#at = 0;
    return length > 0;
  }

  refill(): boolean {
    return false;
  }

  cancel(): void {}

  rewind(): void {
    this.#round = 0;
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
    return Math.min((this.#round + Math.max(this.#at, 0) / this.#frames.length) / this.#rounds, 1);
  }

  [Symbol.dispose](): void {}
}
