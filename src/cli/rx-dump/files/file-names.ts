import { splitSuffix } from './compression.js';
import type { FileRotation } from './file-rotation.js';
import { TimeFormat } from './time-format.js';

/** The names of a capture's files, as tcpdump gives them: `FILE`, `FILE1`, `FILE2`, or by the time with -G. */
export class FileNames {
  readonly #base: (seconds: number) => string;
  /** Files in the ring of -C and -W; infinite without a ring. */
  readonly #ringFiles: number;
  readonly #digits: number;
  /** Stands behind the number, so that programs know that the file is compressed. */
  readonly #suffix: string;
  #stem = '';
  #number = 0;

  /** Throws a TypeError for a conversion of time that does not exist. */
  constructor(path: string, { fileBytesMax, periodSeconds, fileCount }: FileRotation) {
    const { stem, suffix } = splitSuffix(path);
    const format = periodSeconds === undefined ? undefined : new TimeFormat(stem);
    this.#suffix = suffix;
    this.#base = format === undefined ? () => stem : (seconds) => format.at(seconds);
    const ring = fileCount !== undefined && Number.isFinite(fileBytesMax);
    this.#ringFiles = ring ? fileCount : Number.POSITIVE_INFINITY;
    // A ring of 10 files ends with 9, one of 11 with 10. A ring of one file has no number.
    this.#digits = ring && fileCount > 1 ? String(fileCount - 1).length : 0;
  }

  /** The name of the first file of the period that begins at `seconds` since 1970. */
  nextPeriod(seconds: number): string {
    const stem = this.#base(seconds);
    // With the same name the new file would replace one of this run.
    if (stem === this.#stem) return this.nextNumber();
    this.#stem = stem;
    this.#number = 0;
    return this.#name();
  }

  /** The name of the next file of the same period. */
  nextNumber(): string {
    this.#number = this.#number + 1 < this.#ringFiles ? this.#number + 1 : 0;
    return this.#name();
  }

  #name(): string {
    const isPlain = this.#digits === 0 && this.#number === 0;
    const number = isPlain ? '' : String(this.#number).padStart(this.#digits, '0');
    return `${this.#stem}${number}${this.#suffix}`;
  }
}
