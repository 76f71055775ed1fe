import { ArgumentRangeError } from '../../errors.js';
import { isContinued } from '../arguments/shell-words.js';

/** Longer than any command. It bounds what waits in memory for the end of a line. Bytes. */
const LINE_BYTES_MAX = 256 * 1024;

const LINE_FEED = 0x0a;

/** One command of a batch. */
export interface CommandLine {
  /** The number of its first line, counted from 1. */
  readonly number: number;
  /**
   * Without the line feed at its end, or the carriage return and line feed. Lines that a backslash joins have a line feed between
   * them. The first line is without a byte order mark.
   */
  readonly text: string;
}

/** Makes lines of bytes that come in pieces. A backslash at the end of a line joins it with the next one. */
export class CommandLines {
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #linesTaken = 0;
  #begun: CommandLine | undefined;

  /** Takes the next piece, and returns the lines that it ends. Throws a RangeError for a line that is too long. */
  push(piece: Uint8Array): CommandLine[] {
    const lines: CommandLine[] = [];
    let start = 0;
    for (let end = piece.indexOf(LINE_FEED); end >= 0; end = piece.indexOf(LINE_FEED, start)) {
      this.#keep(piece.subarray(start, end));
      lines.push(...this.#endLine());
      start = end + 1;
    }
    this.#keep(piece.subarray(start));
    return lines;
  }

  /** Returns the last line, if no line feed ends it. */
  end(): CommandLine[] {
    const lines = this.#waitingBytes === 0 ? [] : this.#endLine();
    return this.#begun === undefined ? lines : [this.#begun];
  }

  #keep(bytes: Uint8Array): void {
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes > LINE_BYTES_MAX)
      throw new ArgumentRangeError(
        `cannot read line ${this.#linesTaken + 1}: it is longer than ${LINE_BYTES_MAX} bytes`,
      );
    // The bytes are borrowed from the input.
    if (bytes.length > 0) this.#waiting.push(Buffer.from(bytes));
  }

  #endLine(): CommandLine[] {
    const written = Buffer.concat(this.#waiting).toString().replace(/\r$/, '');
    const text = this.#linesTaken === 0 ? written.replace(/^\uFEFF/, '') : written;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#linesTaken += 1;
    const begun = this.#begun;
    const line =
      begun === undefined
        ? { number: this.#linesTaken, text }
        : { number: begun.number, text: `${begun.text}\n${text}` };
    this.#begun = isContinued(line.text) ? line : undefined;
    return this.#begun === undefined ? [line] : [];
  }
}
