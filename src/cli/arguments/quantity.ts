import { ArgumentRangeError, ArgumentTypeError } from '../../errors.js';

/** The kernel's bounds of a TAP's MTU, in bytes. Source: ETH_MIN_MTU, and 65,535 less the Ethernet header. */
export const MTU_MIN = 68;
export const MTU_MAX = 65_521;

/**
 * The longest queue of a device, in frames. The kernel keeps a pointer of 8 bytes for each in one piece of memory, and a
 * piece has at most 4 MiB. Some kernels take fewer: see TXQUEUELEN_EVERYWHERE.
 */
export const TXQUEUELEN_MAX = 524_288;

/** Most memory for frames that are watched and not read yet, in KiB. */
export const BUFFER_KIB_MAX = 1024 * 1024;

/**
 * Bounds of a rate, and of a factor of recorded time: the schedule of a run stays a finite number of seconds. The least is a
 * packet in eleven days.
 */
const PACE_MIN = 1e-6;
const PACE_MAX = 1e12;

/** Packets or bits per second, as `--rate` takes them. */
export type Rate = { readonly packetsPerSecond: number } | { readonly bitsPerSecond: number };

const FACTORS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };

function numberWithUnit(text: string, units: RegExp): { value: number; unit: string } | undefined {
  const match = /^((?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)\s*([a-zA-Z/]*)$/.exec(text.trim());
  if (match === null || !units.test(match[2]!)) return undefined;
  return { value: Number(match[1]), unit: match[2]! };
}

/**
 * Reads a rate: `10kpps`, `500pps`, `1Gbit`. Factors are decimal. Without a unit (`10`, `10k`) it is packets per second.
 * `bps` is refused: it means bits in some tools and bytes in others. Throws a TypeError or RangeError.
 */
export function parseRate(text: string): Rate {
  if (/bps$/i.test(text))
    throw new ArgumentTypeError(`cannot read rate "${text}": "bps" is ambiguous, write pps or bit`);
  const parsed = numberWithUnit(text, /^[kmg]?(pps|bit)?$/i);
  if (parsed === undefined)
    throw new ArgumentTypeError(`cannot read rate "${text}": wanted a form like 10kpps or 1Gbit`);
  const unit = parsed.unit.toLowerCase();
  const value = parsed.value * FACTORS[unit.replace(/pps|bit/, '')]!;
  if (!Number.isFinite(value)) throw new ArgumentRangeError(`cannot use rate "${text}": it is too large`);
  if (!(value > 0)) throw new ArgumentRangeError(`cannot use rate "${text}": it must be more than 0`);
  assertPace('rate', text, value);
  return unit.endsWith('bit') ? { bitsPerSecond: value } : { packetsPerSecond: value };
}

const SECONDS: Readonly<Record<string, number>> = {
  '': 1,
  us: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  min: 60,
  h: 3600,
};

/** The longest that a timer of Node can wait: 2^31 - 1 ms. */
const DURATION_SECONDS_MAX = 2_147_483;

/** Reads a duration into seconds: `10`, `1.5s`, `250ms`, `2m`, `1h`. Throws a TypeError or RangeError. */
export function parseDuration(text: string): number {
  const parsed = numberWithUnit(text, /^(us|ms|s|m|min|h)?$/);
  const factor = parsed === undefined ? undefined : SECONDS[parsed.unit];
  if (parsed === undefined || factor === undefined) {
    throw new ArgumentTypeError(`cannot read duration "${text}": wanted a form like 10s or 250ms`);
  }
  const seconds = parsed.value * factor;
  if (seconds > DURATION_SECONDS_MAX)
    throw new ArgumentRangeError(
      `cannot use duration "${text}": at most ${DURATION_SECONDS_MAX} s are possible`,
    );
  return seconds;
}

// An `i` or a `B` changes nothing, as in the sizes of tcpdump and of dd(1).
const BYTE_UNIT = /^([kmg])?(i?b)?$/i;
const BYTE_FACTORS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/**
 * Reads an amount of memory from `min` to `max` bytes: `64MiB`, `64M`, `1GiB`. Factors are powers of 1,024. `what` names it in the
 * TypeError or RangeError.
 */
export function parseBytes(what: string, text: string, min: number, max: number): number {
  const parsed = numberWithUnit(text, BYTE_UNIT);
  if (parsed === undefined)
    throw new ArgumentTypeError(`cannot read ${what} "${text}": wanted a form like 64MiB`);
  const [, letter = ''] = BYTE_UNIT.exec(parsed.unit)!;
  const bytes = Math.floor(parsed.value * BYTE_FACTORS[letter.toLowerCase()]!);
  if (bytes < min || bytes > max)
    throw new ArgumentRangeError(
      `cannot use ${what} "${text}": ${min / 2 ** 20} MiB to ${max / 2 ** 20} MiB are possible`,
    );
  return bytes;
}

/** Reads a number from 0.000001 to 1e12, such as `2.5` or `1e6`. `what` names it in the TypeError or RangeError. */
export function parsePositive(what: string, text: string): number {
  const value = numberWithUnit(text, /^$/)?.value;
  if (value === undefined || !Number.isFinite(value))
    throw new ArgumentTypeError(`cannot read ${what} "${text}": wanted a number`);
  if (!(value > 0)) throw new ArgumentRangeError(`cannot use ${what} ${text}: it must be more than 0`);
  assertPace(what, text, value);
  return value;
}

function assertPace(what: string, text: string, value: number): void {
  if (value >= PACE_MIN && value <= PACE_MAX) return;
  throw new ArgumentRangeError(`cannot use ${what} "${text}": 0.000001 to 1e12 are possible`);
}

/** Reads a whole number from `min` to `max`. `what` names it in the TypeError or RangeError. */
export function parseWhole(what: string, text: string, min: number, max: number): number {
  if (!/^\d+$/.test(text))
    throw new ArgumentTypeError(`cannot read ${what} "${text}": wanted a whole number`);
  const value = Number(text);
  if (value < min || value > max)
    throw new ArgumentRangeError(`cannot use ${what} ${text}: ${min} to ${max} are possible`);
  return value;
}

/** Reads `on` or `off`, as ip(8) has them. `what` names it in the TypeError. */
export function parseSwitch(what: string, text: string): boolean {
  if (text !== 'on' && text !== 'off')
    throw new ArgumentTypeError(`cannot read ${what} "${text}": wanted on or off`);
  return text === 'on';
}
