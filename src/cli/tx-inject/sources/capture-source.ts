import type { EthernetConversion } from '../../../packet/capture/ethernet-conversion.js';
import type { ByteInput } from '../../input/byte-input.js';
import { EthernetCursor } from '../../input/ethernet-cursor.js';
import { type FrameSource, NOT_STORED, type StoreShare } from './frame-source.js';
import { RecordedTimes } from './recorded-times.js';

/** Room for what is read of a capture. It is overwritten again and again, so it is about as large as a processor's cache. Bytes. */
export const CAPTURE_STORE_BYTES = 1024 * 1024;

/** Frames of a capture, read as they are needed. */
export class CaptureSource extends EthernetCursor implements FrameSource {
  readonly #times: RecordedTimes;
  readonly #ownsTimes: boolean;
  #share: StoreShare | undefined;
  /** Fields, since the loop of a run reads them several times for each frame. */
  length = 0;
  storedAt = NOT_STORED;

  /** Owns `input`. `name` is for errors. `times` is that of a row of captures, if the capture is one of a row. */
  constructor(input: ByteInput, name: string, conversion?: EthernetConversion, times?: RecordedTimes) {
    super(input, name, conversion);
    this.#times = times ?? new RecordedTimes();
    this.#ownsTimes = times === undefined;
  }

  override next(): boolean {
    if (!super.next()) return false;
    const { record } = this;
    if (record.number === 1) this.#begin();
    if (record.timed) this.#times.read(record);
    const bytes = this.converted ? super.frame.length : record.capturedLength;
    this.length = Math.min(bytes, this.originalLength);
    this.storedAt = this.#findInStore();
    return true;
  }

  storeBytes(): number {
    return CAPTURE_STORE_BYTES;
  }

  /** The capture is read into the store, and each frame is sent from where it lies. */
  storeIn(share: StoreShare): void {
    this.#share = share;
    this.readInto(share.queue);
  }

  /** A record for which the store is too small, and a converted packet, lie elsewhere. */
  #findInStore(): number {
    const share = this.#share;
    if (share === undefined || this.converted) return NOT_STORED;
    const { record } = this;
    const isStored = record.bytes === share.memory && record.headroom >= share.headerBytes;
    return isStored ? share.start + record.frameOffset : NOT_STORED;
  }

  get bytes(): Uint8Array {
    return this.converted ? this.frame : this.record.bytes;
  }

  get start(): number {
    return this.converted ? 0 : this.record.frameOffset;
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
