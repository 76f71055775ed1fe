import { ArgumentTypeError } from '../../../errors.js';
import { TIME_STYLES } from '../sinks/frame-time.js';
import type { DumpStyle, TextSinkOptions } from '../sinks/text-sink.js';

/** The options that say how a frame is printed, as typed. A number says how often the option was given. */
export interface FormatArguments {
  readonly hex?: number;
  readonly hexAscii?: number;
  readonly ascii?: number;
  readonly time?: number;
  readonly verbose?: number;
  readonly link?: boolean;
  readonly number?: boolean;
  readonly micro?: boolean;
  readonly nano?: boolean;
  readonly timeStampPrecision?: string;
  readonly json?: boolean;
  readonly verify?: boolean;
}

/** What the options mean for lines of text. Throws a TypeError for impossible ones. */
export function readTextFormat(given: FormatArguments): TextSinkOptions {
  if (given.json === true) refuseFormat(given, '--json');
  const time = TIME_STYLES[given.time ?? 0];
  if (time === undefined)
    throw new ArgumentTypeError('cannot use more than five -t: -t to -ttttt are possible');
  return {
    linkShown: given.link === true,
    verbose: (given.verbose ?? 0) > 0,
    ...readDump(given),
    time,
    nanosecondsShown: readPrecision(given),
    numbered: given.number === true,
  };
}

/** As in tcpdump, -X has precedence over -x, and -x over -A. */
function readDump(given: FormatArguments): { dump: DumpStyle; linkDumped: boolean } {
  const { hex = 0, hexAscii = 0, ascii = 0 } = given;
  if (hexAscii > 0) return { dump: 'hex-ascii', linkDumped: hexAscii > 1 };
  if (hex > 0) return { dump: 'hex', linkDumped: hex > 1 };
  return { dump: ascii > 0 ? 'ascii' : 'none', linkDumped: ascii > 1 };
}

/** True for nanoseconds. */
function readPrecision({ micro, nano, timeStampPrecision = '' }: FormatArguments): boolean {
  if (!['', 'micro', 'nano'].includes(timeStampPrecision)) {
    throw new ArgumentTypeError(
      `cannot read time stamp precision "${timeStampPrecision}": wanted micro or nano`,
    );
  }
  const nanoWanted = nano === true || timeStampPrecision === 'nano';
  if (nanoWanted && (micro === true || timeStampPrecision === 'micro'))
    throw new ArgumentTypeError('cannot use "--nano" with --micro: they contradict each other');
  return nanoWanted;
}

const BYTES = 'an object has the bytes';
const TIME = 'an object has the time in nanoseconds';

/** Refuses the options for lines with `--json`, whose objects have everything already, and with `--count`. */
export function refuseFormat(given: FormatArguments, beside: '--json' | '--count'): void {
  const named: readonly (readonly [name: string, isGiven: boolean, reason: string])[] = [
    ['-x', given.hex !== undefined, BYTES],
    ['-X', given.hexAscii !== undefined, BYTES],
    ['-A', given.ascii !== undefined, BYTES],
    ['-t', given.time !== undefined, TIME],
    // With --verify it asks for the results of each flow.
    ['-v', given.verbose !== undefined && given.verify !== true, BYTES],
    ['-e', given.link === true, BYTES],
    ['-#', given.number === true, BYTES],
    ['--micro', given.micro === true, TIME],
    ['--nano', given.nano === true, TIME],
    ['--time-stamp-precision', given.timeStampPrecision !== undefined, TIME],
  ];
  const [name, , reason] = named.find(([, isGiven]) => isGiven) ?? [];
  if (name === undefined) return;
  const why = beside === '--count' ? 'only the number is printed' : `it is for lines of text, ${reason}`;
  throw new ArgumentTypeError(`cannot use "${name}" with ${beside}: ${why}`);
}
