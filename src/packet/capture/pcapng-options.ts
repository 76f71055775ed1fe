import {
  OPT_ENDOFOPT,
  OPTION_CODE,
  OPTION_HEADER_SIZE,
  OPTION_LENGTH,
  paddedLength,
} from './pcapng-format.js';

/**
 * A cursor over the options of a block. Call `reset`, then `next` until it returns false. What it shows is valid as long
 * as the block is.
 */
export class PcapngOptions {
  #view: DataView = new DataView(new ArrayBuffer(0));
  #littleEndian = false;
  #at = 0;
  #end = 0;

  /** The current option's code. */
  code = 0;
  /** Where its value begins in the view. */
  offset = 0;
  /** Bytes of its value. */
  length = 0;
  /** Whether the list ended in an option that reaches beyond the block. */
  overrun = false;

  /** Moves before the options from `start` to before `end` of `view`. */
  reset(view: DataView, littleEndian: boolean, start: number, end: number): void {
    this.#view = view;
    this.#littleEndian = littleEndian;
    this.#at = start;
    this.#end = end;
    this.overrun = false;
  }

  next(): boolean {
    if (this.#at + OPTION_HEADER_SIZE > this.#end) return false;
    this.code = this.#view.getUint16(this.#at + OPTION_CODE, this.#littleEndian);
    this.length = this.#view.getUint16(this.#at + OPTION_LENGTH, this.#littleEndian);
    this.offset = this.#at + OPTION_HEADER_SIZE;
    if (this.code === OPT_ENDOFOPT) return false;
    if (this.offset + this.length > this.#end) {
      this.overrun = true;
      return false;
    }
    this.#at = this.offset + paddedLength(this.length);
    return true;
  }
}
