import { linkTypeError } from '../../packet/capture/capture-errors.js';
import { LINKTYPE_ETHERNET } from '../../packet/capture/pcap-format.js';
import { CaptureCursor } from '../input/capture-cursor.js';
import type { FrameSource } from './frame-source.js';

const NANOSECOND = 1e-9;

/** Frames of a capture, read as they are needed. */
export class CaptureSource extends CaptureCursor implements FrameSource {
  #firstSeconds = 0;
  #firstNanoseconds = 0;

  override next(): boolean {
    if (!super.next()) return false;
    if (this.record.number === 1) this.#begin();
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

  get recordedSeconds(): number {
    const { seconds, nanoseconds } = this.record;
    return seconds - this.#firstSeconds + (nanoseconds - this.#firstNanoseconds) * NANOSECOND;
  }

  get virtioNetHeader(): Uint8Array {
    return this.record.virtioNetHeader;
  }

  get checksumFinished(): boolean {
    return this.record.checksumFinished;
  }

  #begin(): void {
    const { seconds, nanoseconds, linkType } = this.record;
    this.#firstSeconds = seconds;
    this.#firstNanoseconds = nanoseconds;
    if (this.ethernet || this.mixesLinkTypes) return;
    throw linkTypeError(`send "${this.name}"`, linkType);
  }
}
