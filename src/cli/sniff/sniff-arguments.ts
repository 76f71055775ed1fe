import { ArgumentTypeError } from '../../errors.js';
import type { WatchDirection } from '../../tap/watch/watch-programs.js';
import { BUFFER_KIB_MAX, parseWhole } from '../arguments/quantity.js';
import { type DumpArguments, type DumpOptions, readDumpOptions } from '../rx-dump/run/dump-arguments.js';

/** The options of `rtap sniff`, as typed. */
export interface SniffArguments extends DumpArguments {
  readonly direction: string;
  readonly bufferSize?: string;
  readonly immediateMode?: boolean;
  readonly promiscuousMode: boolean;
}

/** What the options mean. */
export interface SniffOptions extends DumpOptions {
  readonly direction: WatchDirection;
  /** Undefined for the default. */
  readonly ringBytes: number | undefined;
  readonly immediate: boolean;
  readonly promiscuous: boolean;
}

const KIB = 1024;

/** Reads the options and the words of the filter expression. Throws a TypeError or RangeError for impossible ones. */
export function readSniffOptions(given: SniffArguments, filter: readonly string[] = []): SniffOptions {
  const { bufferSize, immediateMode, promiscuousMode } = given;
  return {
    ...readDumpOptions(given, filter),
    direction: readDirection(given.direction),
    ringBytes:
      bufferSize === undefined ? undefined : parseWhole('buffer size', bufferSize, 1, BUFFER_KIB_MAX) * KIB,
    immediate: immediateMode === true,
    promiscuous: promiscuousMode,
  };
}

function readDirection(text: string): WatchDirection {
  if (text === 'in' || text === 'out' || text === 'inout') return text;
  throw new ArgumentTypeError(`cannot read direction "${text}": wanted in, out or inout`);
}
