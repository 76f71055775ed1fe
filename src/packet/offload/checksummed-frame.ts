import { CHECKSUM_MANGLED_0 } from './checksum-completion.js';

/** `setWord`: the sums of the frame that include the word. Bits. */
export const IN_NO_SUM = 0;
export const IN_NETWORK_SUM = 1;
export const IN_TRANSPORT_SUM = 2;

/** Where a frame has its checksums, in bytes from its beginning; undefined for none. */
export interface ChecksumFields {
  readonly network?: number | undefined;
  readonly transport?: number | undefined;
  /** Whether a transport checksum of zero means "no checksum", as in UDP. */
  readonly zeroMeansNone: boolean;
}

const NO_FIELD = -1;

/**
 * A frame whose checksums are kept correct while words of it change. Each change is added to the sums (RFC 1624), so its
 * cost does not depend on the length of the frame.
 */
export class ChecksummedFrame {
  readonly bytes: Uint8Array;
  /** Where the frame begins in `bytes`. All offsets count from here. */
  #start = 0;
  readonly #networkField: number;
  readonly #transportField: number;
  readonly #zeroMeansNone: boolean;
  #networkSum: number;
  #transportSum: number;

  /** Owns `bytes` from now on. The frame begins at byte 0, until `moveTo`. Its checksums must be correct. */
  constructor(bytes: Uint8Array, fields: ChecksumFields) {
    this.bytes = bytes;
    this.#networkField = fields.network ?? NO_FIELD;
    this.#transportField = fields.transport ?? NO_FIELD;
    this.#zeroMeansNone = fields.zeroMeansNone;
    this.#networkSum = this.#sumBehind(this.#networkField);
    this.#transportSum = this.#sumBehind(this.#transportField);
  }

  /** Moves to another frame of the same layout, which begins at `bytes[start]`. Its checksums must be correct. */
  moveTo(start: number): void {
    this.#start = start;
    this.#networkSum = this.#sumBehind(this.#networkField);
    this.#transportSum = this.#sumBehind(this.#transportField);
  }

  /** Where in `bytes` the frame begins. */
  get start(): number {
    return this.#start;
  }

  /** Changes the 16 bits at `offset`, an even number, to `value`; `sums` are IN_ bits. */
  setWord(offset: number, value: number, sums: number): void {
    const { bytes } = this;
    const at = this.#start + offset;
    const old = (bytes[at]! << 8) | bytes[at + 1]!;
    if (old === value) return;
    bytes[at] = value >>> 8;
    bytes[at + 1] = value;
    const change = value + (~old & 0xffff);
    if ((sums & IN_NETWORK_SUM) !== 0) this.#networkSum = fold(this.#networkSum + change);
    if ((sums & IN_TRANSPORT_SUM) !== 0) this.#transportSum = fold(this.#transportSum + change);
  }

  /** Changes 32 bits, as `setWord` does. */
  setLongWord(offset: number, value: number, sums: number): void {
    this.setWord(offset, value >>> 16, sums);
    this.setWord(offset + 2, value & 0xffff, sums);
  }

  /** Writes the checksums after changes. */
  finish(): void {
    this.#store(this.#networkField, ~this.#networkSum & 0xffff);
    const checksum = ~this.#transportSum & 0xffff;
    this.#store(this.#transportField, checksum === 0 && this.#zeroMeansNone ? CHECKSUM_MANGLED_0 : checksum);
  }

  #store(field: number, checksum: number): void {
    if (field === NO_FIELD) return;
    this.bytes[this.#start + field] = checksum >>> 8;
    this.bytes[this.#start + field + 1] = checksum;
  }

  #sumBehind(field: number): number {
    if (field === NO_FIELD) return 0;
    // No frame has the sum zero: a stored zero stands for 0xffff.
    const at = this.#start + field;
    return ~((this.bytes[at]! << 8) | this.bytes[at + 1]!) & 0xffff || 0xffff;
  }
}

/** For two numbers of 16 bits and a carry at most. */
function fold(sum: number): number {
  const folded = (sum >>> 16) + (sum & 0xffff);
  return (folded >>> 16) + (folded & 0xffff);
}
