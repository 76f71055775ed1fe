import type { PacketWindow } from '../../bytes/packet-window.js';
import { formatIpv6Address } from '../../headers/ip-address.js';
import {
  IPPROTO_DSTOPTS,
  IPPROTO_HOPOPTS,
  IPPROTO_ICMPV6,
  IPPROTO_ROUTING,
  IPPROTO_TCP,
  IPPROTO_UDP,
} from '../../headers/ip-protocol.js';
import {
  IPV6_DESTINATION,
  IPV6_HEADER_SIZE,
  IPV6_NEXT_HEADER,
  IPV6_SOURCE,
} from '../../headers/ipv6-header.js';
import { UDP_DESTINATION } from '../../headers/udp-header.js';
import { rightTransportChecksum } from './header-checksum.js';
import type { IpLayer } from './ip-layer.js';
import { describeListenerDetails, MLD_V2_QUERY_SIZE } from './mld-summary.js';
import { describeNeighbourDetails } from './neighbour-summary.js';

// Source: include/uapi/linux/icmpv6.h, struct icmp6hdr; RFC 4861 for neighbour discovery, RFC 2710 and 3810 for
// multicast listeners. Bytes.
const ICMP6_HEADER_SIZE = 8;
const ICMP6_TYPE = 0; //     __u8
const ICMP6_CODE = 1; //     __u8
const ICMP6_CKSUM = 2; //    __sum16
const ICMP6_MTU = 4; //      __be32
const ICMP6_POINTER = 4; //  __be32
const ICMP6_ID = 4; //       __be16
const ICMP6_SEQUENCE = 6; // __be16
const MLD_MAX_DELAY = 4; //  __be16
const MLD_RECORDS = 6; //    __be16, number of group records in a version 2 report
const MLD_SOURCES = 26; //   __be16, number of sources in a version 2 query
const ND_TARGET = 8; //      struct in6_addr; of MLD the group
const ND_REDIRECTED = 24; // struct in6_addr

const ADDRESSED_SIZE = 24;
const REDIRECT_SIZE = 40;

const ICMPV6_DEST_UNREACH = 1;
const ICMPV6_PKT_TOOBIG = 2;
const ICMPV6_TIME_EXCEED = 3;
const ICMPV6_PARAMPROB = 4;
const ICMPV6_ECHO_REQUEST = 128;
const ICMPV6_ECHO_REPLY = 129;
const ICMPV6_MGM_QUERY = 130;
const ICMPV6_MGM_REPORT = 131;
const ICMPV6_MGM_REDUCTION = 132;
const NDISC_ROUTER_SOLICITATION = 133;
const NDISC_ROUTER_ADVERTISEMENT = 134;
const NDISC_NEIGHBOUR_SOLICITATION = 135;
const NDISC_NEIGHBOUR_ADVERTISEMENT = 136;
const NDISC_REDIRECT = 137;
const ICMPV6_MLD2_REPORT = 143;

/** Types for which tcpdump -v prints the length first. */
const NEIGHBOUR_TYPES: readonly number[] = [
  NDISC_ROUTER_SOLICITATION,
  NDISC_ROUTER_ADVERTISEMENT,
  NDISC_NEIGHBOUR_SOLICITATION,
  NDISC_NEIGHBOUR_ADVERTISEMENT,
  NDISC_REDIRECT,
];

const ICMPV6_PORT_UNREACH = 4;
const ICMPV6_NOT_NEIGHBOUR = 2;

const TYPE_NAMES: Readonly<Record<number, string>> = {
  [ICMPV6_DEST_UNREACH]: 'destination unreachable',
  [ICMPV6_PKT_TOOBIG]: 'packet too big',
  [ICMPV6_TIME_EXCEED]: 'time exceeded in-transit',
  [ICMPV6_PARAMPROB]: 'parameter problem',
  [ICMPV6_ECHO_REQUEST]: 'echo request',
  [ICMPV6_ECHO_REPLY]: 'echo reply',
  [ICMPV6_MGM_QUERY]: 'multicast listener query',
  [ICMPV6_MGM_REPORT]: 'multicast listener report',
  [ICMPV6_MGM_REDUCTION]: 'multicast listener done',
  [NDISC_ROUTER_SOLICITATION]: 'router solicitation',
  [NDISC_ROUTER_ADVERTISEMENT]: 'router advertisement',
  [NDISC_NEIGHBOUR_SOLICITATION]: 'neighbor solicitation',
  [NDISC_NEIGHBOUR_ADVERTISEMENT]: 'neighbor advertisement',
  [NDISC_REDIRECT]: 'redirect',
  141: 'inverse neighbor solicitation',
  142: 'inverse neighbor advertisement',
  [ICMPV6_MLD2_REPORT]: 'multicast listener report v2',
};

/** By code; `%` is where the unreachable address goes. tcpdump has a second blank in one of them. */
const UNREACHABLE: readonly string[] = [
  'unreachable route %',
  'unreachable prohibited %',
  'beyond scope %',
  'unreachable address %',
  'unreachable port',
];

const PARAMETER_PROBLEMS: readonly string[] = [
  'erroneous',
  'next header',
  'option',
  'incomplete header chain',
];

const TRUNCATED = '[|icmp6]';

/**
 * Describes an ICMPv6 message as tcpdump -n does: `ICMP6, neighbor solicitation, who has fe80::1, length 32`, and as
 * -v does in a verbose layer: the length comes first or not at all.
 */
export function summarizeIcmpv6(message: PacketWindow, layer: IpLayer): string {
  if (!message.has(ICMP6_HEADER_SIZE)) return TRUNCATED;
  const type = message.uint8(ICMP6_TYPE);
  const name = `ICMP6, ${TYPE_NAMES[type] ?? `unknown icmp6 type (${type})`}`;
  const details = describe(message, type);
  const length = `, length ${message.wireLength}`;
  if (!layer.verbose) return details === TRUNCATED ? `${name} ${TRUNCATED}` : `${name}${details}${length}`;
  const lengthShown = NEIGHBOUR_TYPES.includes(type) || TYPE_NAMES[type] === undefined;
  const head = `${describeChecksum(message, layer)}${name}${lengthShown ? length : ''}`;
  return details === TRUNCATED ? `${head} ${TRUNCATED}` : head + describeVerbosely(message, type, details);
}

function describeChecksum(message: PacketWindow, { checked }: IpLayer): string {
  if (checked === undefined) return '';
  const right = rightTransportChecksum(message, ICMP6_CKSUM, checked, IPPROTO_ICMPV6);
  if (right === undefined) return '';
  const found = message.uint16(ICMP6_CKSUM);
  if (right === found) return '[icmp6 sum ok] ';
  return `[bad icmp6 cksum 0x${formatHexWord(found)} -> 0x${formatHexWord(right)}!] `;
}

function formatHexWord(word: number): string {
  return word.toString(16).padStart(4, '0');
}

function describeVerbosely(message: PacketWindow, type: number, details: string): string {
  if (NEIGHBOUR_TYPES.includes(type)) return details + describeNeighbourDetails(message, type);
  if (type === ICMPV6_MLD2_REPORT) return details + describeListenerDetails(message);
  const isLongQuery = type === ICMPV6_MGM_QUERY && message.wireLength >= MLD_V2_QUERY_SIZE;
  return isLongQuery ? describeListenerDetails(message) : details;
}

function describe(message: PacketWindow, type: number): string {
  switch (type) {
    case ICMPV6_PKT_TOOBIG:
      return `, mtu ${message.uint32(ICMP6_MTU)}`;
    case ICMPV6_ECHO_REQUEST:
    case ICMPV6_ECHO_REPLY:
      return `, id ${message.uint16(ICMP6_ID)}, seq ${message.uint16(ICMP6_SEQUENCE)}`;
    case ICMPV6_DEST_UNREACH:
    case ICMPV6_TIME_EXCEED:
    case ICMPV6_PARAMPROB:
      return describeError(message, type);
    case ICMPV6_MLD2_REPORT:
      return `, ${message.uint16(MLD_RECORDS)} group record(s)`;
    case ICMPV6_MGM_QUERY:
    case ICMPV6_MGM_REPORT:
    case ICMPV6_MGM_REDUCTION:
      return describeListener(message, type);
    default:
      return describeNeighbour(message, type);
  }
}

function describeNeighbour(message: PacketWindow, type: number): string {
  const addressed =
    type === NDISC_NEIGHBOUR_SOLICITATION ||
    type === NDISC_NEIGHBOUR_ADVERTISEMENT ||
    type === NDISC_REDIRECT;
  if (!addressed) return '';
  if (!message.has(type === NDISC_REDIRECT ? REDIRECT_SIZE : ADDRESSED_SIZE)) return TRUNCATED;
  const target = addressAt(message, ND_TARGET);
  if (type === NDISC_NEIGHBOUR_SOLICITATION) return `, who has ${target}`;
  if (type === NDISC_NEIGHBOUR_ADVERTISEMENT) return `, tgt is ${target}`;
  return `, ${addressAt(message, ND_REDIRECTED)} to ${target}`;
}

/** Version 2 queries are longer than those of version 1. */
function describeListener(message: PacketWindow, type: number): string {
  if (!message.has(ADDRESSED_SIZE)) return TRUNCATED;
  const group = addressAt(message, ND_TARGET);
  if (type !== ICMPV6_MGM_QUERY || message.wireLength < MLD_V2_QUERY_SIZE) {
    return `, max resp delay: ${message.uint16(MLD_MAX_DELAY)} addr: ${group}`;
  }
  if (!message.has(MLD_V2_QUERY_SIZE)) return TRUNCATED;
  const sources = message.uint16(MLD_SOURCES);
  return ` v2 [gaddr ${group}${sources === 0 ? '' : `, ${sources} source(s)`}]`;
}

/** A message that contains the packet that caused it. */
function describeError(message: PacketWindow, type: number): string {
  const cause = message.from(ICMP6_HEADER_SIZE);
  if (!cause.has(IPV6_HEADER_SIZE)) return TRUNCATED;
  const code = message.uint8(ICMP6_CODE);
  const address = addressAt(cause, IPV6_DESTINATION);
  if (type === ICMPV6_DEST_UNREACH) return describeUnreachable(cause, code, address);
  if (type === ICMPV6_PARAMPROB) {
    const problem = PARAMETER_PROBLEMS[code];
    return problem === undefined
      ? `, code-#${code}`
      : `, ${problem} - octet ${message.uint32(ICMP6_POINTER)}`;
  }
  if (code === 0) return ` for ${address}`;
  return code === 1 ? ' (reassembly)' : `, unknown code (${code})`;
}

function describeUnreachable(cause: PacketWindow, code: number, address: string): string {
  const text = UNREACHABLE[code];
  if (text === undefined) return `, unknown unreach code (${code})`;
  if (code === ICMPV6_PORT_UNREACH) return describePort(cause, `, ${text}, ${address}`);
  const source = code === ICMPV6_NOT_NEIGHBOUR ? `, source address ${addressAt(cause, IPV6_SOURCE)}` : '';
  return `, ${text.replace('%', address)}${source}`;
}

function describePort(cause: PacketWindow, text: string): string {
  let protocol = cause.uint8(IPV6_NEXT_HEADER);
  let rest = cause.from(IPV6_HEADER_SIZE);
  while (protocol === IPPROTO_HOPOPTS || protocol === IPPROTO_DSTOPTS || protocol === IPPROTO_ROUTING) {
    if (!rest.has(2)) return TRUNCATED;
    protocol = rest.uint8(0);
    rest = rest.from((rest.uint8(1) + 1) * 8);
  }
  if (!rest.has(UDP_DESTINATION + 2)) return TRUNCATED;
  const port = rest.uint16(UDP_DESTINATION);
  if (protocol === IPPROTO_TCP) return `${text} tcp port ${port}`;
  if (protocol === IPPROTO_UDP) return `${text} udp port ${port}`;
  return `${text} protocol ${protocol} port ${port} unreachable`;
}

function addressAt(window: PacketWindow, offset: number): string {
  return formatIpv6Address(window.bytes, window.start + offset);
}
