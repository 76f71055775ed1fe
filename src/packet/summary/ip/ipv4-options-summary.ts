import type { PacketWindow } from '../../bytes/packet-window.js';
import { formatIpv4Address, IPV4_ADDRESS_BYTES } from '../../headers/ip-address.js';
import { IPOPT_END, IPOPT_LSRR, IPOPT_NOOP, IPOPT_SSRR } from '../../headers/ipv4-source-route.js';

// Source: include/uapi/linux/ip.h.
const IPOPT_RR = 7;
const IPOPT_TIMESTAMP = 68;
const IPOPT_SEC = 130;
const IPOPT_RA = 148;

// Source: include/uapi/linux/ip.h: the low half of a timestamp option's fourth byte.
const IPOPT_TS_TSONLY = 0;
const TIMESTAMP_KINDS: Readonly<Record<number, string>> = {
  [IPOPT_TS_TSONLY]: 'TSONLY',
  1: 'TS+ADDR',
  3: 'PRESPEC',
};

const NAMES: Readonly<Record<number, string>> = {
  [IPOPT_END]: 'EOL',
  [IPOPT_NOOP]: 'NOP',
  [IPOPT_RR]: 'RR',
  [IPOPT_TIMESTAMP]: 'timestamp',
  [IPOPT_SEC]: 'security',
  [IPOPT_LSRR]: 'LSRR',
  [IPOPT_SSRR]: 'SSRR',
  [IPOPT_RA]: 'RA',
};

/** Kind, length and pointer precede the addresses of a route. */
const ROUTE_HEADER_SIZE = 3;
const TIMESTAMP_HEADER_SIZE = 4;
const ALERT_SIZE = 4;

/** Describes the options of a complete IPv4 header as tcpdump -v does: `RR 10.0.0.1,EOL`. */
export function summarizeIpv4Options(options: PacketWindow): string {
  const texts: string[] = [];
  let offset = 0;
  while (offset < options.wireLength) {
    const kind = options.uint8(offset);
    const name = NAMES[kind] ?? `unknown ${kind}`;
    const length = readLength(options, offset, kind);
    if (length < 1 || offset + length > options.wireLength || isCutLength(kind, length)) {
      texts.push(`${name} [bad length ${length}]`);
      break;
    }
    texts.push(name + describeValue(kind, options.from(offset).resize(length)));
    if (kind === IPOPT_END) break;
    offset += length;
  }
  return texts.join(',');
}

function readLength(options: PacketWindow, offset: number, kind: number): number {
  if (kind === IPOPT_END || kind === IPOPT_NOOP) return 1;
  return offset + 1 < options.wireLength ? options.uint8(offset + 1) : 0;
}

function isCutLength(kind: number, length: number): boolean {
  return kind !== IPOPT_END && kind !== IPOPT_NOOP && length < 2;
}

function describeValue(kind: number, option: PacketWindow): string {
  switch (kind) {
    case IPOPT_RR:
    case IPOPT_LSRR:
    case IPOPT_SSRR:
      return describeRoute(option);
    case IPOPT_TIMESTAMP:
      return describeTimestamps(option);
    case IPOPT_RA:
      return describeAlert(option);
    default:
      return '';
  }
}

function describeAlert(option: PacketWindow): string {
  if (option.wireLength < ALERT_SIZE) return ` [bad length ${option.wireLength}]`;
  const value = option.uint16(2);
  return value === 0 ? '' : ` value ${value}`;
}

/** A comma follows each address before the pointer. */
function describeRoute(option: PacketWindow): string {
  const length = option.wireLength;
  if (length < ROUTE_HEADER_SIZE) return ` [bad length ${length}]`;
  let text = ((length + 1) & 3) === 0 ? '' : ` [bad length ${length}]`;
  const pointer = option.uint8(2) - 1;
  if (pointer < ROUTE_HEADER_SIZE || ((pointer + 1) & 3) !== 0) text += ` [bad ptr ${option.uint8(2)}]`;
  for (let at = ROUTE_HEADER_SIZE; at + IPV4_ADDRESS_BYTES <= length; at += IPV4_ADDRESS_BYTES) {
    text += ` ${formatIpv4Address(option.bytes, option.start + at)}${pointer > at ? ',' : ''}`;
  }
  return text;
}

/** Each in milliseconds since midnight. ` ^ ` marks the place of the next one. */
function describeTimestamps(option: PacketWindow): string {
  const length = option.wireLength;
  if (length < TIMESTAMP_HEADER_SIZE) return `[bad length ${length}]`;
  const flags = option.uint8(3);
  const entryBytes = (flags & 0x0f) === IPOPT_TS_TSONLY ? 4 : 8;
  let text = ' TS{';
  if (((length - TIMESTAMP_HEADER_SIZE) & (entryBytes - 1)) !== 0) text += `[bad length ${length}]`;
  const pointer = option.uint8(2) - 1;
  const misplaced =
    pointer < TIMESTAMP_HEADER_SIZE || ((pointer - TIMESTAMP_HEADER_SIZE) & (entryBytes - 1)) !== 0;
  if (misplaced || pointer > length + 1) text += `[bad ptr ${option.uint8(2)}]`;
  const kind = TIMESTAMP_KINDS[flags & 0x0f];
  text += kind ?? `[bad ts type ${flags & 0x0f}]`;
  let at = TIMESTAMP_HEADER_SIZE;
  for (; kind !== undefined && at + entryBytes <= length; at += entryBytes) {
    const address = entryBytes === 8 ? formatIpv4Address(option.bytes, option.start + at) : '';
    text += `${pointer === at ? ' ^ ' : ' '}${option.uint32(at + entryBytes - 4)}@${address}`;
  }
  if (kind !== undefined && pointer === at) text += ' ^ ';
  return flags >> 4 === 0 ? `${text}}` : `${text} [${flags >> 4} hops not recorded]} `;
}
