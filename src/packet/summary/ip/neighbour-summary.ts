import { formatHexByte } from '../../bytes/hex.js';
import type { PacketWindow } from '../../bytes/packet-window.js';
import { formatIpv6Address, IPV6_ADDRESS_BYTES } from '../../headers/ip-address.js';

// Source: RFC 4861, 4.1 to 4.5: where the options of each message begin. Bytes.
const OPTIONS_OFFSET: Readonly<Record<number, number>> = { 133: 8, 134: 16, 135: 24, 136: 24, 137: 40 };

const ROUTER_ADVERTISEMENT = 134;
const NEIGHBOUR_ADVERTISEMENT = 136;
const ROUTER_HOP_LIMIT = 4; //       1
const MESSAGE_FLAGS = 5; //          1
const ROUTER_LIFETIME = 6; //        2, seconds
const ROUTER_REACHABLE_TIME = 8; //  4, milliseconds
const ROUTER_RETRANS_TIMER = 12; //  4, milliseconds
const NEIGHBOUR_FLAGS = 4; //        1

// Source: RFC 4861, 4.6: options. Their length is in units of 8 bytes, header included.
const OPTION_UNIT_BYTES = 8;
const OPTION_HEADER_SIZE = 2;
const OPTION_SOURCE_LINK_ADDRESS = 1;
const OPTION_TARGET_LINK_ADDRESS = 2;
const OPTION_PREFIX = 3;
const OPTION_MTU = 5;
const OPTION_INTERVAL = 7;
const OPTION_HOME_AGENT = 8;
const OPTION_RDNSS = 25;
const OPTION_DNSSL = 31;
const PREFIX_SIZE = 32;
const PREFIX_LENGTH = 2; //          1, bits
const PREFIX_FLAGS = 3; //           1
const PREFIX_VALID_TIME = 4; //      4, seconds
const PREFIX_PREFERRED_TIME = 8; //  4, seconds
const PREFIX_ADDRESS = 16; //       16
const FOREVER = 0xffffffff;

type FlagNames = readonly (readonly [flag: number, name: string])[];

const ROUTER_FLAGS: FlagNames = [
  [0x80, 'managed'],
  [0x40, 'other stateful'],
  [0x20, 'home agent'],
  [0x02, 'ipv6 only'],
];
const ADVERTISEMENT_FLAGS: FlagNames = [
  [0x80, 'router'],
  [0x40, 'solicited'],
  [0x20, 'override'],
];
const PREFIX_FLAG_NAMES: FlagNames = [
  [0x80, 'onlink'],
  [0x40, 'auto'],
  [0x20, 'router'],
];
const PREFERENCES: readonly string[] = ['medium', 'high', 'rsv', 'low'];

const OPTION_NAMES: Readonly<Record<number, string>> = {
  [OPTION_SOURCE_LINK_ADDRESS]: 'source link-address',
  [OPTION_TARGET_LINK_ADDRESS]: 'destination link-address',
  [OPTION_PREFIX]: 'prefix info',
  4: 'redirected header',
  [OPTION_MTU]: 'mtu',
  [OPTION_INTERVAL]: 'advertisement interval',
  [OPTION_HOME_AGENT]: 'homeagent information',
  24: 'route info',
  [OPTION_RDNSS]: 'rdnss',
  [OPTION_DNSSL]: 'dnssl',
};

/**
 * What tcpdump -v adds to a neighbour discovery message of `type`: flags and lifetimes, and a line for each option.
 * Only name and length of options that rtap does not decode.
 */
export function describeNeighbourDetails(message: PacketWindow, type: number): string {
  const offset = OPTIONS_OFFSET[type] ?? message.wireLength;
  if (!message.has(offset)) return ' [|icmp6]';
  const options = describeOptions(message.from(offset));
  if (type === ROUTER_ADVERTISEMENT) return describeRouter(message) + options;
  if (type !== NEIGHBOUR_ADVERTISEMENT) return options;
  return `, Flags [${formatFlags(message.uint8(NEIGHBOUR_FLAGS), ADVERTISEMENT_FLAGS)}]${options}`;
}

function describeRouter(message: PacketWindow): string {
  const flags = message.uint8(MESSAGE_FLAGS);
  const preference = PREFERENCES[(flags >> 3) & 0x03];
  let text = `\n\thop limit ${message.uint8(ROUTER_HOP_LIMIT)}, Flags [${formatFlags(flags, ROUTER_FLAGS)}]`;
  text += `, pref ${preference}, router lifetime ${message.uint16(ROUTER_LIFETIME)}s`;
  text += `, reachable time ${message.uint32(ROUTER_REACHABLE_TIME)}ms`;
  return `${text}, retrans timer ${message.uint32(ROUTER_RETRANS_TIMER)}ms`;
}

function describeOptions(options: PacketWindow): string {
  let text = '';
  let rest = options;
  while (rest.wireLength > 0) {
    const units = rest.has(OPTION_HEADER_SIZE) ? rest.uint8(1) : 0;
    const length = units * OPTION_UNIT_BYTES;
    if (length === 0 || !rest.has(length)) return `${text} [|icmp6]`;
    const type = rest.uint8(0);
    text += `\n\t  ${OPTION_NAMES[type] ?? 'unknown'} option (${type}), length ${length} (${units}):`;
    text += describeValue(type, rest.resize(length));
    rest = rest.from(length);
  }
  return text;
}

function describeValue(type: number, option: PacketWindow): string {
  switch (type) {
    case OPTION_SOURCE_LINK_ADDRESS:
    case OPTION_TARGET_LINK_ADDRESS:
      return ` ${formatLinkAddress(option)}`;
    case OPTION_PREFIX:
      return option.has(PREFIX_SIZE) ? ` ${describePrefix(option)}` : '';
    case OPTION_MTU:
      return ` ${option.uint32(4)}`;
    case OPTION_RDNSS:
      return ` ${describeServers(option)}`;
    case OPTION_DNSSL:
      return ` lifetime ${option.uint32(4)}s, domain(s):${describeDomains(option)}`;
    case OPTION_INTERVAL:
      return ` ${option.uint32(4)}ms`;
    case OPTION_HOME_AGENT:
      return ` preference ${option.uint16(4)}, lifetime ${option.uint16(6)}`;
    default:
      return '';
  }
}

function formatLinkAddress(option: PacketWindow): string {
  const groups: string[] = [];
  for (let at = OPTION_HEADER_SIZE; at < option.wireLength; at++)
    groups.push(formatHexByte(option.uint8(at)));
  return groups.join(':');
}

function describePrefix(option: PacketWindow): string {
  const prefix = `${addressAt(option, PREFIX_ADDRESS)}/${option.uint8(PREFIX_LENGTH)}`;
  const flags = formatFlags(option.uint8(PREFIX_FLAGS), PREFIX_FLAG_NAMES);
  const times = [PREFIX_VALID_TIME, PREFIX_PREFERRED_TIME].map((at) => formatSeconds(option.uint32(at)));
  return `${prefix}, Flags [${flags}], valid time ${times[0]}, pref. time ${times[1]}`;
}

function describeServers(option: PacketWindow): string {
  let text = `lifetime ${option.uint32(4)}s,`;
  for (let at = OPTION_UNIT_BYTES; at + IPV6_ADDRESS_BYTES <= option.wireLength; at += IPV6_ADDRESS_BYTES) {
    text += ` addr: ${addressAt(option, at)}`;
  }
  return text;
}

/** Each is a list of labels, with the length before each, that ends in an empty label (RFC 1035, 3.1). */
function describeDomains(option: PacketWindow): string {
  let text = '';
  let at = OPTION_UNIT_BYTES;
  let begins = true;
  while (at < option.wireLength) {
    const length = option.uint8(at);
    if (length === 0 && begins) break;
    if (at + 1 + length > option.wireLength) return `${text} [|icmp6]`;
    if (begins) text += ' ';
    begins = length === 0;
    for (let index = at + 1; index <= at + length; index++) text += printable(option.uint8(index));
    if (length > 0) text += '.';
    at += 1 + length;
  }
  return text;
}

function printable(byte: number): string {
  return byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '?';
}

function formatSeconds(seconds: number): string {
  return seconds === FOREVER ? 'infinity' : `${seconds}s`;
}

function formatFlags(flags: number, names: FlagNames): string {
  const set = names.filter(([flag]) => (flags & flag) !== 0).map(([, name]) => name);
  return set.length === 0 ? 'none' : set.join(', ');
}

function addressAt(window: PacketWindow, offset: number): string {
  return formatIpv6Address(window.bytes, window.start + offset);
}
