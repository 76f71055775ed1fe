import {
  BLOCK_TOTAL_LENGTH,
  BLOCK_TRAILER_SIZE,
  BLOCK_TYPE,
  OPT_ENDOFOPT,
  OPTION_CODE,
  OPTION_HEADER_SIZE,
  OPTION_LENGTH,
  paddedLength,
} from './pcapng-format.js';

const NANOSECONDS_PER_SECOND = 1_000_000_000;
const TWO_TO_32 = 0x100000000;

/**
 * Writes one block after the other into a buffer of the caller, little-endian: `begin`, the fields, data and options in
 * their order, `end`. The buffer must have room. The view of it is made once.
 */
export class PcapngBlockWriter {
  readonly #target: Uint8Array;
  readonly #view: DataView;
  #start = 0;
  #at = 0;
  /** The second of the last timestamp, and its nanoseconds since 1970 in two halves. */
  #second = 0;
  #secondHigh = 0;
  #secondLow = 0;

  constructor(target: Uint8Array) {
    this.#target = target;
    this.#view = new DataView(target.buffer, target.byteOffset, target.byteLength);
  }

  /**
   * Begins a block at `offset`. Its first data or option comes `fixedBytes` behind that. All fields before it have to be
   * put: clearing them here would be a call into V8 for each packet.
   */
  begin(type: number, offset: number, fixedBytes: number): void {
    this.#start = offset;
    this.#at = offset + fixedBytes;
    this.#view.setUint32(offset + BLOCK_TYPE, type, true);
  }

  putUint16(field: number, value: number): void {
    this.#view.setUint16(this.#start + field, value, true);
  }

  putUint32(field: number, value: number): void {
    this.#view.setUint32(this.#start + field, value, true);
  }

  /** Stores a timestamp in nanoseconds: its high half, then its low half. */
  putTimestamp(field: number, seconds: number, nanoseconds: number): void {
    this.#storeTimestamp(this.#start + field, seconds, nanoseconds);
  }

  /** Appends `length` bytes of `data` and pads them. */
  data(data: Uint8Array, length: number): void {
    this.#target.set(length === data.length ? data : data.subarray(0, length), this.#at);
    this.#pad(length);
  }

  option(code: number, value: Uint8Array): void {
    this.#beginOption(code, value.length);
    this.data(value, value.length);
  }

  optionUint8(code: number, value: number): void {
    this.#beginOption(code, 1);
    this.#target[this.#at] = value;
    this.#pad(1);
  }

  optionUint32(code: number, value: number): void {
    this.#beginOption(code, 4);
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
  }

  /** `value` is at most 2^53. */
  optionUint64(code: number, value: number): void {
    this.#beginOption(code, 8);
    this.#view.setUint32(this.#at, value % TWO_TO_32, true);
    this.#view.setUint32(this.#at + 4, Math.floor(value / TWO_TO_32), true);
    this.#at += 8;
  }

  optionTimestamp(code: number, seconds: number, nanoseconds: number): void {
    this.#beginOption(code, 8);
    this.#storeTimestamp(this.#at, seconds, nanoseconds);
    this.#at += 8;
  }

  /** Ends the options, if there were any, and the block. Returns the bytes of the block. */
  end(hasOptions: boolean): number {
    if (hasOptions) this.#beginOption(OPT_ENDOFOPT, 0);
    const byteCount = this.#at + BLOCK_TRAILER_SIZE - this.#start;
    this.#view.setUint32(this.#start + BLOCK_TOTAL_LENGTH, byteCount, true);
    this.#view.setUint32(this.#at, byteCount, true);
    return byteCount;
  }

  #beginOption(code: number, length: number): void {
    this.#view.setUint16(this.#at + OPTION_CODE, code, true);
    this.#view.setUint16(this.#at + OPTION_LENGTH, length, true);
    this.#at += OPTION_HEADER_SIZE;
  }

  #pad(length: number): void {
    const end = this.#at + paddedLength(length);
    for (let at = this.#at + length; at < end; at++) this.#target[at] = 0;
    this.#at = end;
  }

  #storeTimestamp(at: number, seconds: number, nanoseconds: number): void {
    if (seconds !== this.#second) this.#takeSecond(seconds);
    const low = this.#secondLow + nanoseconds;
    const carried = low >= TWO_TO_32;
    this.#view.setUint32(at, carried ? this.#secondHigh + 1 : this.#secondHigh, true);
    this.#view.setUint32(at + 4, carried ? low - TWO_TO_32 : low, true);
  }

  /** Multiplies in two halves, since seconds * 10^9 has up to 62 bits. Once a second, since remainders of doubles are slow. */
  #takeSecond(seconds: number): void {
    const upper = Math.floor(seconds / 0x10000) * NANOSECONDS_PER_SECOND;
    const lower = (seconds % 0x10000) * NANOSECONDS_PER_SECOND + (upper % 0x10000) * 0x10000;
    this.#second = seconds;
    this.#secondHigh = Math.floor(upper / 0x10000) + Math.floor(lower / TWO_TO_32);
    this.#secondLow = lower % TWO_TO_32;
  }
}
