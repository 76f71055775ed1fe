import { ArgumentTypeError } from '../../errors.js';
export const IPV4_ADDRESS_BYTES = 4;
export const IPV6_ADDRESS_BYTES = 16;

const GROUP_COUNT = 8;

/**
 * Reads `192.0.2.1` into four bytes, and any form of RFC 4291 such as `2001:db8::1` or `::ffff:192.0.2.1` into 16.
 *
 * @throws {TypeError} when `text` is neither.
 */
export function parseIpAddress(text: string): Uint8Array {
  const bytes = text.includes(':') ? parseIpv6(text) : parseIpv4(text);
  if (bytes !== undefined) return Uint8Array.from(bytes);
  throw new ArgumentTypeError(`cannot parse "${text}": an IP address is written as 192.0.2.1 or 2001:db8::1`);
}

function parseIpv4(text: string): number[] | undefined {
  const parts = text.split('.');
  if (parts.length !== IPV4_ADDRESS_BYTES || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part)))
    return undefined;
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : undefined;
}

/** `::` may occur once, for at least one group of zeros. */
function parseIpv6(text: string): number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = [parseGroups(halves[0]!, halves.length === 1), parseGroups(halves[1] ?? '', true)];
  if (head === undefined || tail === undefined) return undefined;
  const missing = IPV6_ADDRESS_BYTES - head.length - tail.length;
  if (halves.length === 1) return missing === 0 ? head : undefined;
  return missing < 2 ? undefined : [...head, ...new Array<number>(missing).fill(0), ...tail];
}

/** Reads groups between single colons. A last group that ends the address may be four numbers with dots. */
function parseGroups(text: string, endsAddress: boolean): number[] | undefined {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [index, group] of groups.entries()) {
    const isDotted = endsAddress && index === groups.length - 1 && group.includes('.');
    const part = isDotted ? parseIpv4(group) : parseGroup(group);
    if (part === undefined) return undefined;
    bytes.push(...part);
  }
  return bytes;
}

function parseGroup(group: string): number[] | undefined {
  if (!/^[0-9a-f]{1,4}$/i.test(group)) return undefined;
  const value = Number.parseInt(group, 16);
  return [value >> 8, value & 0xff];
}

/** Writes an address of four or 16 bytes. */
export function formatIpAddress(bytes: Uint8Array): string {
  return bytes.length === IPV4_ADDRESS_BYTES ? formatIpv4Address(bytes) : formatIpv6Address(bytes);
}

/** Writes an address with the length of its prefix: `192.0.2.1/24`. */
export function formatIpNetwork({
  bytes,
  prefixLength,
}: {
  readonly bytes: Uint8Array;
  readonly prefixLength: number;
}): string {
  return `${formatIpAddress(bytes)}/${prefixLength}`;
}

/** Writes the four bytes at `offset` as `192.0.2.1`. `bytes` must reach that far. */
export function formatIpv4Address(bytes: Uint8Array, offset = 0): string {
  return `${bytes[offset]}.${bytes[offset + 1]}.${bytes[offset + 2]}.${bytes[offset + 3]}`;
}

/**
 * Writes the 16 bytes at `offset` in the form of RFC 5952. `::192.0.2.1` and `::ffff:192.0.2.1` keep their dotted
 * end, as with inet_ntop(3). `bytes` must reach that far.
 */
export function formatIpv6Address(bytes: Uint8Array, offset = 0): string {
  const groups = Array.from({ length: GROUP_COUNT }, (_, index) => readGroup(bytes, offset, index));
  const [gapStart, gapLength] = findLongestGap(groups);
  if (gapStart === 0 && (gapLength === 6 || (gapLength === 5 && groups[5] === 0xffff))) {
    return `${gapLength === 6 ? '::' : '::ffff:'}${formatIpv4Address(bytes, offset + 12)}`;
  }
  if (gapLength < 2) return joinGroups(groups);
  return `${joinGroups(groups.slice(0, gapStart))}::${joinGroups(groups.slice(gapStart + gapLength))}`;
}

function readGroup(bytes: Uint8Array, offset: number, index: number): number {
  return (bytes[offset + 2 * index]! << 8) | bytes[offset + 2 * index + 1]!;
}

function joinGroups(groups: readonly number[]): string {
  return groups.map((group) => group.toString(16)).join(':');
}

/** The first of the longest runs of zero groups: its first group and its number of groups. */
function findLongestGap(groups: readonly number[]): readonly [start: number, length: number] {
  let start = 0;
  let length = 0;
  let runLength = 0;
  for (let index = 0; index < GROUP_COUNT; index++) {
    runLength = groups[index] === 0 ? runLength + 1 : 0;
    if (runLength > length) {
      length = runLength;
      start = index + 1 - runLength;
    }
  }
  return [start, length];
}
