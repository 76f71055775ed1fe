import { LITTLE_ENDIAN } from '../sys/platform.js';
import { AttributeCursor, type AttributeTypes, attributeTypes } from './attribute.js';
import { AttributeCache } from './attribute-cache.js';
import { IFI_FLAGS, IFI_INDEX, IFINFOMSG_SIZE, ifinfomsgStart } from './ifinfomsg.js';
import { linkFlagNames } from './link-flags.js';
import { decodeLinkStatistics, type LinkStatistics, NO_STATISTICS } from './link-statistics.js';
import type { MessageCursor } from './message.js';
import { decodeTunInfo, type TunInfo } from './tun-info.js';

// Source: include/uapi/linux/if_link.h
export const IFLA_ADDRESS = 1; //       bytes
export const IFLA_BROADCAST = 2; //     bytes
export const IFLA_IFNAME = 3; //        string
export const IFLA_MTU = 4; //           __u32
export const IFLA_MASTER = 10; //       __u32
export const IFLA_ALT_IFNAME = 53; //   string
export const IFLA_TXQLEN = 13; //       __u32
export const IFLA_OPERSTATE = 16; //    __u8
export const IFLA_LINKINFO = 18; //     nested
export const IFLA_IFALIAS = 20; //      string
export const IFLA_STATS64 = 23; //      struct rtnl_link_stats64
export const IFLA_EXT_MASK = 29; //      __u32, in requests
export const IFLA_PROMISCUITY = 30; //  __u32
export const IFLA_CARRIER = 33; //      __u8
export const IFLA_NEW_NETNSID = 45; //  __s32
export const IFLA_NEW_IFINDEX = 49; //  __s32
export const IFLA_MIN_MTU = 50; //      __u32
export const IFLA_MAX_MTU = 51; //      __u32
export const IFLA_PROP_LIST = 52; //    nested, with each IFLA_ALT_IFNAME

// Source: include/uapi/linux/if_link.h, inside IFLA_LINKINFO
export const IFLA_INFO_KIND = 1; // string
export const IFLA_INFO_DATA = 2; // nested, in the format of the kind
export const IFLA_INFO_SLAVE_KIND = 4; // string
export const IFLA_INFO_SLAVE_DATA = 5; // nested, in the format of the master's kind

// Source: include/uapi/linux/if_link.h, inside IFLA_INFO_SLAVE_DATA of a port of a bridge
export const IFLA_BRPORT_STATE = 1; // __u8

/** bridge(8)'s words for BR_STATE_* of include/uapi/linux/if_bridge.h. */
const BRIDGE_PORT_STATES = ['disabled', 'listening', 'learning', 'forwarding', 'blocking'];

/** ip(8)'s words for IF_OPER_* of include/uapi/linux/if.h. */
const OPERSTATES = ['UNKNOWN', 'NOTPRESENT', 'DOWN', 'LOWERLAYERDOWN', 'TESTING', 'DORMANT', 'UP'];

const TUN_KIND = 'tun';
const BRIDGE_KIND = 'bridge';

const OUTLINE_TYPES = attributeTypes(
  ...[IFLA_IFNAME, IFLA_MTU, IFLA_OPERSTATE, IFLA_CARRIER, IFLA_ADDRESS, IFLA_LINKINFO],
  ...[IFLA_MASTER, IFLA_IFALIAS, IFLA_PROP_LIST],
);

const HEX_OF_BYTE = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const COLON_AND_HEX_OF_BYTE = HEX_OF_BYTE.map((hex) => `:${hex}`);

/** Most broadcast addresses are this one, so that one string serves for all of them. */
const ETHERNET_BROADCAST = 'ff:ff:ff:ff:ff:ff';

const NO_NAMES: readonly string[] = Object.freeze([]);

/** A network interface at one moment, as rtnetlink describes it. */
export interface Link {
  /** Does not change while the link is in this network namespace. */
  readonly index: number;
  /** Up to 15 bytes. It can change. */
  readonly name: string;
  /** IFF_* of link-flags. */
  readonly flags: number;
  /** The names of the flags, as `ip -j link` lists them. */
  readonly flagNames: readonly string[];
  /** Bytes. */
  readonly mtu: number;
  /** Bytes. 0 when the kernel names no limit. */
  readonly minMtu: number;
  /** Bytes. 0 when the kernel names no limit. */
  readonly maxMtu: number;
  /** Frames. */
  readonly txqueuelen: number;
  /** The state of RFC 2863 in ip's words: UNKNOWN, DOWN, UP, … */
  readonly operstate: string;
  /** Hexadecimal bytes with colons. '' for a link without an address. */
  readonly address: string;
  /** The broadcast address in the same form. */
  readonly broadcast: string;
  readonly carrier: boolean;
  /** Number of users of promiscuous mode. */
  readonly promiscuity: number;
  /** Index of the bridge or bond that the link belongs to. */
  readonly master?: number;
  /** A description that an administrator gave. */
  readonly alias?: string;
  /** Further names, each up to 127 bytes. */
  readonly altNames: readonly string[];
  /** Only for a port of a bridge: its state in bridge's words, such as `listening`. Only `forwarding` carries frames. */
  readonly bridgePortState?: string;
  /** The kernel's counters. All 0 when it sent none. */
  readonly stats64: LinkStatistics;
  /** `tun`, `veth`, … Absent for hardware and loopback. */
  readonly kind?: string;
  /** Only for links of kind `tun`. */
  readonly tun?: TunInfo;
  /** Only for a link that has moved: the id of its new network namespace. */
  readonly newNetnsId?: number;
  /** Only for a link that has moved: its index in the new network namespace. */
  readonly newIfindex?: number;
}

/** The part of a Link that a list of many links shows. */
export type LinkOutline = Pick<
  Link,
  | ('index' | 'name' | 'flags' | 'flagNames' | 'mtu' | 'operstate')
  | ('address' | 'carrier' | 'kind' | 'tun' | 'master' | 'alias' | 'altNames')
>;

/** A Link under construction. What the message does not have keeps its default. */
type Draft = { -readonly [Field in keyof Link]: Link[Field] };

/**
 * Reads the current message, an RTM_NEWLINK or RTM_DELLINK. Similar links share their `tun` and `flagNames`, which
 * are frozen. Throws a MalformedError when an attribute is too short for its type.
 */
export function decodeLink(message: MessageCursor): Link {
  return decodeAttributes(message);
}

/** As `decodeLink`, for the fields of a LinkOutline. That is half of the work. */
export function decodeLinkOutline(message: MessageCursor): LinkOutline {
  return decodeAttributes(message, OUTLINE_TYPES);
}

function decodeAttributes(message: MessageCursor, types?: AttributeTypes): Link {
  const { bytes, view } = message;
  const start = ifinfomsgStart(message);
  const flags = view.getUint32(start + IFI_FLAGS, LITTLE_ENDIAN);
  const link = emptyLink(view.getInt32(start + IFI_INDEX, LITTLE_ENDIAN), flags);
  const attributes = new AttributeCursor(bytes, view, start + IFINFOMSG_SIZE, message.payloadEnd);
  let linkInfo: AttributeCursor | undefined;
  while (attributes.next(types)) {
    if (attributes.type === IFLA_LINKINFO) linkInfo = attributes.nested();
    else decodeAttribute(link, attributes);
  }
  // Decoded at the end, since the number of queues of a TUN device depends on the carrier.
  if (linkInfo !== undefined) {
    const info = (link.carrier ? infoWithCarrier : infoWithoutCarrier).decode(linkInfo);
    Object.assign(link, info);
  }
  return link;
}

function emptyLink(index: number, flags: number): Draft {
  return {
    index,
    name: '',
    flags,
    flagNames: linkFlagNames(flags),
    mtu: 0,
    minMtu: 0,
    maxMtu: 0,
    txqueuelen: 0,
    operstate: 'UNKNOWN',
    address: '',
    broadcast: '',
    carrier: false,
    promiscuity: 0,
    altNames: NO_NAMES,
    stats64: NO_STATISTICS,
  };
}

function decodeAttribute(link: Draft, attribute: AttributeCursor): void {
  switch (attribute.type) {
    case IFLA_ADDRESS:
      link.address = formatAddress(attribute);
      break;
    case IFLA_BROADCAST:
      link.broadcast = isEthernetBroadcast(attribute) ? ETHERNET_BROADCAST : formatAddress(attribute);
      break;
    case IFLA_IFNAME:
      link.name = attribute.string();
      break;
    case IFLA_MTU:
      link.mtu = attribute.u32();
      break;
    case IFLA_MIN_MTU:
      link.minMtu = attribute.u32();
      break;
    case IFLA_MAX_MTU:
      link.maxMtu = attribute.u32();
      break;
    case IFLA_TXQLEN:
      link.txqueuelen = attribute.u32();
      break;
    case IFLA_OPERSTATE:
      link.operstate = operstateWord(attribute.u8());
      break;
    case IFLA_CARRIER:
      link.carrier = attribute.u8() !== 0;
      break;
    case IFLA_PROMISCUITY:
      link.promiscuity = attribute.u32();
      break;
    case IFLA_MASTER:
      link.master = attribute.u32();
      break;
    case IFLA_IFALIAS:
      link.alias = attribute.string();
      break;
    case IFLA_PROP_LIST:
      link.altNames = decodeAltNames(attribute.nested());
      break;
    case IFLA_STATS64:
      link.stats64 = decodeLinkStatistics(attribute);
      break;
    case IFLA_NEW_NETNSID:
      link.newNetnsId = attribute.s32();
      break;
    case IFLA_NEW_IFINDEX:
      link.newIfindex = attribute.s32();
      break;
  }
}

function decodeAltNames(properties: AttributeCursor): string[] {
  const names: string[] = [];
  while (properties.next()) if (properties.type === IFLA_ALT_IFNAME) names.push(properties.string());
  return names;
}

const infoWithCarrier = new AttributeCache((attributes) => decodeLinkInfo(attributes, true));
const infoWithoutCarrier = new AttributeCache((attributes) => decodeLinkInfo(attributes, false));

type LinkInfo = Pick<Draft, 'kind' | 'tun' | 'bridgePortState'>;

function decodeLinkInfo(attributes: AttributeCursor, carrier: boolean): Readonly<LinkInfo> {
  const info: LinkInfo = {};
  let masterKind = '';
  // The kernel writes a kind before the data, whose format depends on it.
  while (attributes.next()) {
    if (attributes.type === IFLA_INFO_KIND) info.kind = attributes.string();
    else if (attributes.type === IFLA_INFO_DATA && info.kind === TUN_KIND) {
      info.tun = Object.freeze(decodeTunInfo(attributes.nested(), carrier));
    } else if (attributes.type === IFLA_INFO_SLAVE_KIND) masterKind = attributes.string();
    else if (attributes.type === IFLA_INFO_SLAVE_DATA && masterKind === BRIDGE_KIND) {
      const state = decodePortState(attributes.nested());
      if (state !== undefined) info.bridgePortState = state;
    }
  }
  return info;
}

function decodePortState(port: AttributeCursor): string | undefined {
  while (port.next()) {
    if (port.type === IFLA_BRPORT_STATE) return BRIDGE_PORT_STATES[port.u8()];
  }
  return undefined;
}

function operstateWord(state: number): string {
  return OPERSTATES[state] ?? `state 0x${state.toString(16)}`;
}

/** Addresses have different lengths: 6 bytes for Ethernet, 20 for InfiniBand. */
function formatAddress(attribute: AttributeCursor): string {
  const { length } = attribute;
  if (length === 0) return '';
  let text = HEX_OF_BYTE[attribute.u8()]!;
  for (let index = 1; index < length; index++) text += COLON_AND_HEX_OF_BYTE[attribute.u8(index)];
  return text;
}

function isEthernetBroadcast(attribute: AttributeCursor): boolean {
  return (
    attribute.length === 6 && attribute.u32() === 0xffffffff && attribute.u8(4) + attribute.u8(5) === 0x1fe
  );
}
