import { EthernetCursor } from '../input/ethernet-cursor.js';
import type { FrameSource } from './frame-source.js';

const NANOSECOND = 1e-9;

/** Frames of a capture, read as they are needed. */
export class CaptureSource extends EthernetCursor implements FrameSource {
  #timeBegun = false;
  #firstSeconds: number | bigint = 0;
  #firstNanoseconds = 0;
  /** Seconds since the first frame that has a time. A frame without one goes with the frame before it. */
  recordedSeconds = 0;

  override next(): boolean {
    if (!super.next()) return false;
    if (this.record.number === 1) this.recordedSeconds = 0;
    if (this.record.timed) this.#readTime();
    return true;
  }

  /** Without what a capture has beyond the packet's own length: that was never on the wire. */
  override get frame(): Uint8Array {
    const bytes = super.frame;
    return bytes.length <= this.originalLength ? bytes : bytes.subarray(0, this.originalLength);
  }

  get checksumFinished(): boolean {
    return this.record.checksumFinished;
  }

  #readTime(): void {
    const { nanoseconds } = this.record;
    const seconds = this.record.exactSeconds ?? this.record.seconds;
    if (!this.#timeBegun) {
      this.#timeBegun = true;
      this.#firstSeconds = seconds;
      this.#firstNanoseconds = nanoseconds;
    }
    this.recordedSeconds =
      difference(seconds, this.#firstSeconds) + (nanoseconds - this.#firstNanoseconds) * NANOSECOND;
  }
}

/** Seconds beyond 2^53 are big integers. */
function difference(later: number | bigint, earlier: number | bigint): number {
  if (typeof later === 'number' && typeof earlier === 'number') return later - earlier;
  return Number(BigInt(later) - BigInt(earlier));
}
