import type { EthernetConversion } from '../../../packet/capture/ethernet-conversion.js';
import type { ByteInput } from '../../input/byte-input.js';
import { EthernetCursor } from '../../input/ethernet-cursor.js';
import type { FrameSource } from './frame-source.js';
import { RecordedTimes } from './recorded-times.js';

/** Frames of a capture, read as they are needed. */
export class CaptureSource extends EthernetCursor implements FrameSource {
  readonly #times: RecordedTimes;
  readonly #ownsTimes: boolean;

  /** Owns `input`. `name` is for errors. `times` is that of a row of captures, if the capture is one of a row. */
  constructor(input: ByteInput, name: string, conversion?: EthernetConversion, times?: RecordedTimes) {
    super(input, name, conversion);
    this.#times = times ?? new RecordedTimes();
    this.#ownsTimes = times === undefined;
  }

  override next(): boolean {
    if (!super.next()) return false;
    if (this.record.number === 1) this.#begin();
    if (this.record.timed) this.#times.read(this.record);
    return true;
  }

  /** Seconds since the first frame that has a time. A frame without one goes with the frame before it. */
  get recordedSeconds(): number {
    return this.#times.seconds;
  }

  /** Without what a capture has beyond the packet's own length: that was never on the wire. */
  override get frame(): Uint8Array {
    const bytes = super.frame;
    return bytes.length <= this.originalLength ? bytes : bytes.subarray(0, this.originalLength);
  }

  get queue(): number {
    return this.record.queue;
  }

  get checksumFinished(): boolean {
    return this.record.checksumFinished;
  }

  #begin(): void {
    if (this.#ownsTimes) this.#times.restart();
    else this.#times.beginFile();
  }
}
