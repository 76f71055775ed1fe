import { linkTypeError } from '../../packet/capture/capture-errors.js';
import { LINKTYPE_ETHERNET } from '../../packet/capture/pcap-format.js';
import { CaptureCursor } from '../input/capture-cursor.js';
import type { FrameSource } from './frame-source.js';

const NANOSECOND = 1e-9;

/** Frames of a capture, read as they are needed. */
export class CaptureSource extends CaptureCursor implements FrameSource {
  #timeBegun = false;
  #firstSeconds = 0;
  #firstNanoseconds = 0;
  /** Seconds since the first frame that has a time. A frame without one goes with the frame before it. */
  recordedSeconds = 0;

  override next(): boolean {
    if (!super.next()) return false;
    if (this.record.number === 1) this.#begin();
    if (this.record.timed) this.#readTime();
    return true;
  }

  get frame(): Uint8Array {
    return this.record.frame;
  }

  get originalLength(): number {
    return this.record.originalLength;
  }

  get ethernet(): boolean {
    return this.record.linkType === LINKTYPE_ETHERNET;
  }

  get virtioNetHeader(): Uint8Array {
    return this.record.virtioNetHeader;
  }

  get checksumFinished(): boolean {
    return this.record.checksumFinished;
  }

  #readTime(): void {
    const { seconds, nanoseconds } = this.record;
    if (!this.#timeBegun) {
      this.#timeBegun = true;
      this.#firstSeconds = seconds;
      this.#firstNanoseconds = nanoseconds;
    }
    this.recordedSeconds = seconds - this.#firstSeconds + (nanoseconds - this.#firstNanoseconds) * NANOSECOND;
  }

  #begin(): void {
    const { linkType } = this.record;
    this.recordedSeconds = 0;
    if (this.ethernet || this.mixesLinkTypes) return;
    throw linkTypeError(`send "${this.name}"`, linkType);
  }
}
