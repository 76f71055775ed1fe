import { formatHex } from '../../bytes/hex.js';
import type { PacketWindow } from '../../bytes/packet-window.js';
import { formatIpv4Address } from '../../headers/ip-address.js';
import { IPPROTO_TCP, IPPROTO_UDP } from '../../headers/ip-protocol.js';
import {
  IPV4_DESTINATION,
  IPV4_HEADER_SIZE,
  IPV4_PROTOCOL,
  IPV4_TOTAL_LENGTH,
  IPV4_VERSION_IHL,
} from '../../headers/ipv4-header.js';
import { UDP_DESTINATION } from '../../headers/udp-header.js';
import { rightChecksum } from './header-checksum.js';
import type { IpLayer } from './ip-layer.js';

// Source: include/uapi/linux/icmp.h, struct icmphdr. Bytes.
const ICMP_HEADER_SIZE = 8;
const ICMP_TYPE = 0; //     __u8
const ICMP_CODE = 1; //     __u8
const ICMP_CHECKSUM = 2; // __sum16
const ICMP_POINTER = 4; //  __u8
const ICMP_GATEWAY = 4; //  __be32
const ICMP_ID = 4; //       __be16
const ICMP_SEQUENCE = 6; // __be16
const ICMP_MTU = 6; //      __be16
const ICMP_MASK = 8; //      __be32, RFC 950
const ICMP_TIMES = 8; //     3 * __be32, RFC 792: milliseconds since midnight

const ICMP_ECHOREPLY = 0;
const ICMP_DEST_UNREACH = 3;
const ICMP_SOURCE_QUENCH = 4;
const ICMP_REDIRECT = 5;
const ICMP_ECHO = 8;
const ICMP_TIME_EXCEEDED = 11;
const ICMP_PARAMETERPROB = 12;
const ICMP_TIMESTAMP = 13;
const ICMP_TIMESTAMPREPLY = 14;
const ICMP_ADDRESSREPLY = 18;
/** RFC 1256: number of addresses, words of each, lifetime in seconds; then addresses with their preference. */
const ICMP_ROUTERADVERT = 9;
const ROUTER_COUNT = 4;
const ROUTER_ENTRY_WORDS = 5;
const ROUTER_LIFETIME = 6;
const ROUTER_ENTRY_SIZE = 8;

const ICMP_PORT_UNREACH = 3;
const ICMP_FRAG_NEEDED = 4;
const ICMP_PROT_UNREACH = 2;

/** Types of which only the name is printed. */
const TYPE_NAMES: Readonly<Record<number, string>> = {
  [ICMP_SOURCE_QUENCH]: 'source quench',
  10: 'router solicitation',
  15: 'information request',
  16: 'information reply',
  17: 'address mask request',
};

/** By code; `%` is where the unreachable address goes. */
const UNREACHABLE: readonly string[] = [
  'net % unreachable',
  'host % unreachable',
  '% protocol unreachable',
  '% port unreachable',
  '% unreachable - need to frag',
  '% unreachable - source route failed',
  'net % unreachable - unknown',
  'host % unreachable - unknown',
  '% unreachable - source host isolated',
  'net % unreachable - admin prohibited',
  'host % unreachable - admin prohibited',
  'net % unreachable - tos prohibited',
  'host % unreachable - tos prohibited',
  'host % unreachable - admin prohibited filter',
  'host % unreachable - host precedence violation',
  'host % unreachable - precedence cutoff',
];

const REDIRECTS: readonly string[] = [
  'redirect % to net',
  'redirect % to host',
  'redirect-tos % to net',
  'redirect-tos % to host',
];

const TIMES_EXCEEDED: readonly string[] = ['time exceeded in-transit', 'ip reassembly time exceeded'];

const TRUNCATED = '[|icmp]';

/** Types that contain the header of the packet that caused them. */
const ERROR_TYPES: readonly number[] = [
  ICMP_DEST_UNREACH,
  ICMP_SOURCE_QUENCH,
  ICMP_REDIRECT,
  ICMP_TIME_EXCEEDED,
  ICMP_PARAMETERPROB,
];

/** The packet that an ICMP error is about, as far as the error contains it; undefined for other messages. */
export function icmpCause(message: PacketWindow): PacketWindow | undefined {
  if (!message.has(ICMP_HEADER_SIZE) || !ERROR_TYPES.includes(message.uint8(ICMP_TYPE))) return undefined;
  const cause = message.from(ICMP_HEADER_SIZE);
  if (!cause.has(IPV4_HEADER_SIZE)) return undefined;
  // An error contains only the beginning of a packet, so the missing rest is not reported.
  return cause.resize(Math.max(cause.wireLength, cause.uint16(IPV4_TOTAL_LENGTH)));
}

/** Describes an ICMP message as tcpdump -n does: `ICMP echo request, id 1, seq 2, length 64`. */
export function summarizeIcmp(message: PacketWindow, layer: IpLayer): string {
  if (!message.has(ICMP_HEADER_SIZE)) return TRUNCATED;
  const text = describe(message);
  return text === TRUNCATED
    ? TRUNCATED
    : `ICMP ${text}, length ${message.wireLength}${layer.checked === undefined ? '' : describeChecksum(message)}`;
}

/** Only a wrong checksum is printed. */
function describeChecksum(message: PacketWindow): string {
  const found = message.uint16(ICMP_CHECKSUM);
  const right = rightChecksum(message, ICMP_CHECKSUM) ?? found;
  return right === found ? '' : ` (wrong icmp cksum ${found.toString(16)} (->${right.toString(16)})!)`;
}

function describe(message: PacketWindow): string {
  const type = message.uint8(ICMP_TYPE);
  const code = message.uint8(ICMP_CODE);
  switch (type) {
    case ICMP_ECHOREPLY:
      return `echo reply, id ${message.uint16(ICMP_ID)}, seq ${message.uint16(ICMP_SEQUENCE)}`;
    case ICMP_ECHO:
      return `echo request, id ${message.uint16(ICMP_ID)}, seq ${message.uint16(ICMP_SEQUENCE)}`;
    case ICMP_TIMESTAMP:
      return `time stamp query id ${message.uint16(ICMP_ID)} seq ${message.uint16(ICMP_SEQUENCE)}`;
    case ICMP_TIMESTAMPREPLY:
      return describeTimestamps(message);
    case ICMP_ADDRESSREPLY:
      if (!message.has(ICMP_MASK + 4)) return TRUNCATED;
      return `address mask is 0x${formatHex(message.bytes, message.start + ICMP_MASK, message.start + ICMP_MASK + 4)}`;
    case ICMP_ROUTERADVERT:
      return describeRouter(message);
    case ICMP_PARAMETERPROB:
      if (code !== 0) return `parameter problem - code ${code}`;
      return `parameter problem - octet ${message.uint8(ICMP_POINTER)}`;
    case ICMP_DEST_UNREACH:
    case ICMP_REDIRECT:
    case ICMP_TIME_EXCEEDED:
      return describeError(message, type, code);
    default:
      return TYPE_NAMES[type] ?? `type-#${type}`;
  }
}

/** A message that contains the header of the packet that caused it. */
function describeError(message: PacketWindow, type: number, code: number): string {
  const cause = message.from(ICMP_HEADER_SIZE);
  if (!cause.has(IPV4_HEADER_SIZE)) return TRUNCATED;
  if (type === ICMP_TIME_EXCEEDED) return TIMES_EXCEEDED[code] ?? `time exceeded-#${code}`;
  const address = formatIpv4Address(cause.bytes, cause.start + IPV4_DESTINATION);
  if (type === ICMP_DEST_UNREACH) return describeUnreachable(message, cause, address);
  const gateway = formatIpv4Address(message.bytes, message.start + ICMP_GATEWAY);
  const redirect = REDIRECTS[code] ?? `redirect-#${code} % to`;
  return `${redirect.replace('%', address)} ${gateway}`;
}

function describeUnreachable(message: PacketWindow, cause: PacketWindow, address: string): string {
  const code = message.uint8(ICMP_CODE);
  if (code === ICMP_PORT_UNREACH) return describePort(cause, address);
  if (code === ICMP_PROT_UNREACH) return `${address} protocol ${cause.uint8(IPV4_PROTOCOL)} unreachable`;
  const text = (UNREACHABLE[code] ?? `% unreachable - #${code}`).replace('%', address);
  const mtu = message.uint16(ICMP_MTU);
  return code === ICMP_FRAG_NEEDED && mtu !== 0 ? `${text} (mtu ${mtu})` : text;
}

function describePort(cause: PacketWindow, address: string): string {
  const headerBytes = (cause.uint8(IPV4_VERSION_IHL) & 0x0f) * 4;
  if (!cause.has(headerBytes + UDP_DESTINATION + 2)) return TRUNCATED;
  const port = cause.uint16(headerBytes + UDP_DESTINATION);
  const protocol = cause.uint8(IPV4_PROTOCOL);
  if (protocol === IPPROTO_TCP) return `${address} tcp port ${port} unreachable`;
  if (protocol === IPPROTO_UDP) return `${address} udp port ${port} unreachable`;
  return `${address} protocol ${protocol} port ${port} unreachable`;
}

function describeTimestamps(message: PacketWindow): string {
  if (!message.has(ICMP_TIMES + 12)) return TRUNCATED;
  const [sent, received, answered] = [0, 4, 8].map((at) => formatTime(message.uint32(ICMP_TIMES + at)));
  const head = `time stamp reply id ${message.uint16(ICMP_ID)} seq ${message.uint16(ICMP_SEQUENCE)}`;
  return `${head}: org ${sent}, recv ${received}, xmit ${answered}`;
}

function formatTime(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const clock = parts.map((part) => String(part).padStart(2, '0')).join(':');
  return `${clock}.${String(milliseconds % 1000).padStart(3, '0')}`;
}

function describeRouter(message: PacketWindow): string {
  const count = message.uint8(ROUTER_COUNT);
  const words = message.uint8(ROUTER_ENTRY_WORDS);
  const head = `router advertisement lifetime ${formatLifetime(message.uint16(ROUTER_LIFETIME))} ${count}:`;
  if (words * 4 !== ROUTER_ENTRY_SIZE) return `${head} [size ${words}]`;
  let text = head;
  for (let index = 0; index < count; index++) {
    const at = ICMP_HEADER_SIZE + index * ROUTER_ENTRY_SIZE;
    if (!message.has(at + ROUTER_ENTRY_SIZE)) return TRUNCATED;
    text += ` {${formatIpv4Address(message.bytes, message.start + at)} ${message.uint32(at + 4)}}`;
  }
  return text;
}

function formatLifetime(seconds: number): string {
  const pair = (value: number) => String(value).padStart(2, '0');
  if (seconds < 60) return String(seconds);
  const minutes = Math.floor(seconds / 60);
  if (seconds < 3600) return `${minutes}:${pair(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${pair(minutes % 60)}:${pair(seconds % 60)}`;
}
