import { ArgumentRangeError, ArgumentTypeError } from '../../errors.js';
import { formatIpv4Address, formatIpv6Address, parseIpAddress } from '../../packet/headers/ip-address.js';
import { KERNEL_QUEUES_MAX } from '../state/limits.js';

/** What the values of a map are. */
export type ValueKind = 'port' | 'vlan' | 'address';

/** Values that go to the same queue, or to some queues in turn. */
export interface SteeringRange {
  /** Bits of the values: 16 for ports and VLANs, 32 for IPv4, 128 for IPv6. */
  readonly bits: 16 | 32 | 128;
  readonly first: bigint;
  readonly last: bigint;
  readonly firstQueue: number;
  readonly lastQueue: number;
}

/**
 * Most ranges of a map. With 512 ranges of IPv6 addresses a program has some 15,000 instructions: a jump reaches over 32,767, and the
 * kernel takes 1,000,000 (Linux 5.2).
 */
export const MAP_RANGES_MAX = 512;

const QUEUE_NUMBER_MAX = KERNEL_QUEUES_MAX - 1;
const NUMBER_MAX: Readonly<Record<'port' | 'vlan', number>> = { port: 65_535, vlan: 4095 };
const FORMS: Readonly<Record<ValueKind, string>> = {
  port: '5000-5003=0-3,53=1',
  vlan: '5=0,100-199=0-3',
  address: '192.0.2.0/24=0-3,2001:db8::1=1',
};

/**
 * Reads a map: `5000-5003=0-3,53=1` for ports and VLANs, `192.0.2.0/24=0-3,2001:db8::1-2001:db8::9=1` for addresses. Returns its
 * ranges, rising. Throws a TypeError or RangeError for another form, for values or queues that are impossible, and for ranges that
 * overlap.
 */
export function parseSteeringMap(text: string, kind: ValueKind): SteeringRange[] {
  const entries = text.split(',');
  if (entries.length > MAP_RANGES_MAX)
    throw new ArgumentRangeError(
      `cannot use a map of ${entries.length} ranges: at most ${MAP_RANGES_MAX} are possible`,
    );
  const ranges = entries.map((entry) => parseEntry(entry.trim(), kind));
  ranges.sort(compareRanges);
  assertDistinct(ranges, kind);
  return ranges;
}

function parseEntry(entry: string, kind: ValueKind): SteeringRange {
  const [values = '', queues = '', ...more] = entry.split('=');
  const numbers = /^(\d{1,3})(?:-(\d{1,3}))?$/.exec(queues.trim());
  if (numbers === null || more.length > 0) throw malformed(entry, kind);
  const range = kind === 'address' ? parseAddresses(values.trim()) : parseNumbers(values.trim(), kind);
  if (range === undefined) throw malformed(entry, kind);
  const firstQueue = Number(numbers[1]);
  const lastQueue = Number(numbers[2] ?? numbers[1]);
  if (lastQueue < firstQueue || lastQueue > QUEUE_NUMBER_MAX)
    throw impossible(entry, `${queues} is not a range of queues from 0 to ${QUEUE_NUMBER_MAX}`);
  if (range.last < range.first) throw impossible(entry, `${values} is not a rising range`);
  if (range.first === range.last && firstQueue !== lastQueue)
    throw impossible(entry, `one value goes to one queue, and ${queues} are several`);
  return { ...range, firstQueue, lastQueue };
}

type Values = Pick<SteeringRange, 'bits' | 'first' | 'last'>;

function parseNumbers(text: string, kind: 'port' | 'vlan'): Values | undefined {
  const match = /^(\d{1,7})(?:-(\d{1,7}))?$/.exec(text);
  if (match === null) return undefined;
  const [first, last] = [Number(match[1]), Number(match[2] ?? match[1])];
  if (Math.max(first, last) > NUMBER_MAX[kind])
    throw impossible(text, `a ${kind} is a number from 0 to ${NUMBER_MAX[kind]}`);
  return { bits: 16, first: BigInt(first), last: BigInt(last) };
}

/** `10.0.0.1`, `10.0.0.1-10.0.0.9` or `10.0.0.0/24`, and the same of IPv6. */
function parseAddresses(text: string): Values | undefined {
  const [, prefix, length] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  if (prefix !== undefined) return parsePrefix(prefix, Number(length), text);
  const [first = '', last = first, ...more] = text.split('-');
  const from = readAddress(first);
  const to = readAddress(last);
  if (from === undefined || to === undefined || from.bits !== to.bits || more.length > 0) return undefined;
  return { bits: from.bits, first: from.value, last: to.value };
}

function parsePrefix(prefix: string, length: number, text: string): Values | undefined {
  const address = readAddress(prefix);
  if (address === undefined || length > address.bits) return undefined;
  const others = (1n << BigInt(address.bits - length)) - 1n;
  if ((address.value & others) !== 0n)
    throw impossible(text, `the address has bits behind its prefix of ${length} bits`);
  return { bits: address.bits, first: address.value, last: address.value | others };
}

function readAddress(text: string): { readonly bits: 32 | 128; readonly value: bigint } | undefined {
  try {
    const bytes = parseIpAddress(text);
    return { bits: bytes.length === 4 ? 32 : 128, value: BigInt(`0x${Buffer.from(bytes).toString('hex')}`) };
  } catch (error) {
    if (error instanceof ArgumentTypeError) return undefined;
    throw error;
  }
}

function compareRanges(left: SteeringRange, right: SteeringRange): number {
  return left.bits - right.bits || (left.first < right.first ? -1 : left.first > right.first ? 1 : 0);
}

function assertDistinct(ranges: readonly SteeringRange[], kind: ValueKind): void {
  for (const [index, { bits, first }] of ranges.entries()) {
    const before = ranges[index - 1];
    if (before === undefined || before.bits !== bits || before.last < first) continue;
    throw new ArgumentRangeError(
      `cannot use the map: it sends ${kind} ${describeValue(first, bits)} to two places`,
    );
  }
}

function describeValue(value: bigint, bits: SteeringRange['bits']): string {
  if (bits === 16) return String(value);
  const bytes = Buffer.from(value.toString(16).padStart(bits / 4, '0'), 'hex');
  return bits === 32 ? formatIpv4Address(bytes) : formatIpv6Address(bytes);
}

function malformed(entry: string, kind: ValueKind): ArgumentTypeError {
  return new ArgumentTypeError(`cannot read "${entry}" in a map: wanted a form like ${FORMS[kind]}`);
}

function impossible(entry: string, fact: string): ArgumentRangeError {
  return new ArgumentRangeError(`cannot use "${entry}" in a map: ${fact}`);
}
