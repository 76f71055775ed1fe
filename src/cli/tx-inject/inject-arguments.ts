import { parseHex } from '../../packet/hex.js';
import { parseRate, parseWhole, type Rate } from '../quantity.js';

/** The options of `rtap tx-inject`, as typed. */
export interface InjectArguments {
  readonly queue: string;
  readonly read?: string;
  readonly hex?: readonly string[];
  readonly count: string;
  readonly rate?: string;
  readonly topspeed?: boolean;
  readonly oversize?: boolean;
  readonly json?: boolean;
}

/** What they mean. */
export interface InjectOptions {
  readonly queue: number;
  /** A path, or `-` for standard input; undefined when frames are given in hex. */
  readonly read: string | undefined;
  readonly frames: readonly Uint8Array[];
  /** How often the whole input is sent. */
  readonly count: number;
  readonly rate: Rate | undefined;
  readonly topSpeed: boolean;
  readonly oversize: boolean;
  readonly json: boolean;
}

const QUEUE_NUMBER_MAX = 255;

/** Throws a TypeError or RangeError for what cannot be. */
export function readInjectOptions(given: InjectArguments): InjectOptions {
  const hex = given.hex ?? [];
  if ((given.read === undefined) === (hex.length === 0)) {
    throw new TypeError('cannot tell what to send: give either -r FILE or --hex');
  }
  if (given.rate !== undefined && given.topspeed === true) {
    throw new TypeError('cannot use --rate with -t: top speed has no rate');
  }
  return {
    queue: parseWhole('queue', given.queue, 0, QUEUE_NUMBER_MAX),
    read: given.read,
    frames: hex.map((text) => parseHex(text)),
    count: parseWhole('count', given.count, 1, Number.MAX_SAFE_INTEGER),
    rate: given.rate === undefined ? undefined : parseRate(given.rate),
    topSpeed: given.topspeed === true || (given.read === undefined && given.rate === undefined),
    oversize: given.oversize === true,
    json: given.json === true,
  };
}
