import { ArgumentRangeError, ArgumentTypeError } from '../../../errors.js';
import { parseWhole } from '../../arguments/quantity.js';
import { splitWords } from '../../arguments/shell-words.js';
import { TimeFormat } from './time-format.js';

/** The options of rotation, as typed. */
export interface RotationArguments {
  /** -w */
  readonly write?: string;
  /** -C */
  readonly fileSize?: string;
  /** -G */
  readonly rotateSeconds?: string;
  /** -W */
  readonly fileCount?: string;
  /** --keep */
  readonly keep?: string;
  /** -z */
  readonly afterRotation?: string;
}

/** When a capture continues in another file. */
export interface FileRotation {
  /** No packet is added to a larger file. Bytes; infinite without -C. */
  readonly fileBytesMax: number;
  /** Seconds; undefined without -G. */
  readonly periodSeconds: number | undefined;
  /** With -C the number of files in the ring, with -G alone that of the run; undefined for no limit. */
  readonly fileCount: number | undefined;
  /** Most finished files that stay on disk; undefined for all. */
  readonly keptFilesMax: number | undefined;
  /** A program and its first arguments, run with the name of each finished file; undefined for none. */
  readonly command: readonly string[] | undefined;
}

// Source: tcpdump(1), -C. Without a letter the unit is a million bytes, with one a power of 1,024.
const SIZE_FACTORS: Readonly<Record<string, number>> = { '': 1e6, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };
const SIZE_BYTES_MAX = Number.MAX_SAFE_INTEGER;
const FILES_MAX = 1_000_000;
/** The longest time of a timer in Node. */
const PERIOD_SECONDS_MAX = 2_147_483;

/** What the options mean; undefined if files do not rotate. Throws a TypeError or RangeError for impossible options. */
export function readRotation(given: RotationArguments): FileRotation | undefined {
  const { write, fileSize, rotateSeconds, fileCount, keep, afterRotation } = given;
  const rotates = fileSize !== undefined || rotateSeconds !== undefined;
  if (!rotates) {
    refuseWithout('-W', fileCount, '-C or -G');
    refuseWithout('--keep', keep, '-C or -G');
    refuseWithout('-z', afterRotation, '-C or -G');
    return undefined;
  }
  if (write === undefined || write === '-') {
    const option = fileSize === undefined ? '-G' : '-C';
    throw new ArgumentTypeError(`cannot use "${option}": it needs -w with the name of a file`);
  }
  if (rotateSeconds !== undefined) new TimeFormat(write);
  return {
    fileBytesMax: fileSize === undefined ? Number.POSITIVE_INFINITY : parseFileSize(fileSize),
    periodSeconds:
      rotateSeconds === undefined
        ? undefined
        : parseWhole('rotation period', rotateSeconds, 1, PERIOD_SECONDS_MAX),
    fileCount: fileCount === undefined ? undefined : parseWhole('file count', fileCount, 1, FILES_MAX),
    keptFilesMax: keep === undefined ? undefined : parseWhole('number of kept files', keep, 1, FILES_MAX),
    command: readCommand(afterRotation),
  };
}

function refuseWithout(option: string, given: string | undefined, wanted: string): void {
  if (given !== undefined) throw new ArgumentTypeError(`cannot use "${option}": it needs ${wanted}`);
}

/** `10`: ten million bytes; `64k`, `10M`, `1g`: KiB, MiB, GiB, as in tcpdump. */
function parseFileSize(text: string): number {
  const match = /^(\d+)([kmg]?)$/i.exec(text);
  if (match === null) {
    throw new ArgumentTypeError(
      `cannot read file size "${text}": wanted millions of bytes, or a form like 64k, 10M or 1G`,
    );
  }
  const bytes = Number(match[1]) * SIZE_FACTORS[match[2]!.toLowerCase()]!;
  if (bytes < 1 || bytes > SIZE_BYTES_MAX)
    throw new ArgumentRangeError(`cannot use file size ${text}: 1 to ${SIZE_BYTES_MAX} bytes are possible`);
  return bytes;
}

/** Reads -z. Throws a TypeError for a text that is no command. */
export function readCommand(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined;
  const words = splitWords(text, `use "-z ${text}"`);
  if ((words[0] ?? '') === '') throw new ArgumentTypeError('cannot use "-z": the command has no name');
  return words;
}
