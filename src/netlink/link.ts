import { LITTLE_ENDIAN } from '../sys/platform.js';
import { AttributeCursor, type AttributeTypes, attributeTypes } from './attribute.js';
import { IFI_FLAGS, IFI_INDEX, IFINFOMSG_SIZE, ifinfomsgStart } from './ifinfomsg.js';
import { linkFlagNames } from './link-flags.js';
import { decodeLinkStatistics, type LinkStatistics, NO_STATISTICS } from './link-statistics.js';
import type { MessageCursor } from './message.js';
import { RepeatedAttributes } from './repeated-attributes.js';
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
export const IFLA_STATS64 = 23; //      struct rtnl_link_stats64
export const IFLA_EXT_MASK = 29; //      __u32, in requests
export const IFLA_PROMISCUITY = 30; //  __u32
export const IFLA_CARRIER = 33; //      __u8
export const IFLA_NEW_NETNSID = 45; //  __s32
export const IFLA_NEW_IFINDEX = 49; //  __s32
export const IFLA_MIN_MTU = 50; //      __u32
export const IFLA_MAX_MTU = 51; //      __u32

// Source: include/uapi/linux/if_link.h, inside IFLA_LINKINFO
export const IFLA_INFO_KIND = 1; // string
export const IFLA_INFO_DATA = 2; // nested, as the kind says

/** By IF_OPER_* of include/uapi/linux/if.h, in the words of ip(8). */
const OPERSTATES = ['UNKNOWN', 'NOTPRESENT', 'DOWN', 'LOWERLAYERDOWN', 'TESTING', 'DORMANT', 'UP'];

const TUN_KIND = 'tun';

const OUTLINE_TYPES = attributeTypes(
  ...[IFLA_IFNAME, IFLA_MTU, IFLA_OPERSTATE, IFLA_CARRIER, IFLA_ADDRESS, IFLA_LINKINFO],
);

const HEX_OF_BYTE = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const COLON_AND_HEX_OF_BYTE = HEX_OF_BYTE.map((hex) => `:${hex}`);

/** Most broadcast addresses are Ethernet's, of which one string is enough. */
const ETHERNET_BROADCAST = 'ff:ff:ff:ff:ff:ff';

/** A network interface as rtnetlink describes it, at one moment. */
export interface Link {
  /** Stays the same while the link lives in this network namespace. */
  readonly index: number;
  /** Up to 15 bytes; can change. */
  readonly name: string;
  /** IFF_* of link-flags. */
  readonly flags: number;
  /** The same in words, as `ip -j link` lists them. */
  readonly flagNames: readonly string[];
  /** Bytes. */
  readonly mtu: number;
  /** Bytes; 0 when the kernel names no limit. */
  readonly minMtu: number;
  /** Bytes; 0 when the kernel names no limit. */
  readonly maxMtu: number;
  /** Frames. */
  readonly txqueuelen: number;
  /** RFC 2863 state in ip's words: UNKNOWN, DOWN, UP, … */
  readonly operstate: string;
  /** Hexadecimal bytes with colons; '' for a link that has no address. */
  readonly address: string;
  /** Likewise. */
  readonly broadcast: string;
  readonly carrier: boolean;
  /** How many users want promiscuous mode. */
  readonly promiscuity: number;
  /** Index of the bridge or bond that it belongs to. */
  readonly master?: number;
  /** All 0 where the kernel gave none. */
  readonly stats64: LinkStatistics;
  /** `tun`, `veth`, …; absent for hardware and loopback. */
  readonly kind?: string;
  /** Of kind `tun` alone. */
  readonly tun?: TunInfo;
  /** Of a link that is gone: id of the network namespace that it was moved to. */
  readonly newNetnsId?: number;
  /** Of a link that is gone: its index there. */
  readonly newIfindex?: number;
}

/** What a list of many links shows of each. */
export type LinkOutline = Pick<
  Link,
  ('index' | 'name' | 'flags' | 'flagNames' | 'mtu' | 'operstate') | ('address' | 'carrier' | 'kind' | 'tun')
>;

/** A Link under construction: what is absent from the message keeps its default. */
type Draft = { -readonly [Field in keyof Link]: Link[Field] };

/**
 * Reads the current message, an RTM_NEWLINK or RTM_DELLINK. The link owns what it holds but `tun` and `flagNames`, which
 * links that are alike share, frozen.
 * Throws a MalformedError when an attribute is not what its type says.
 */
export function decodeLink(message: MessageCursor): Link {
  return decodeAttributes(message);
}

/** As `decodeLink`, without what an outline leaves out: half of the work. */
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
  // At the end: what is said of a TUN device depends on the carrier.
  if (linkInfo !== undefined) {
    const { kind, tun } = (link.carrier ? infoWithCarrier : infoWithoutCarrier).decode(linkInfo);
    if (kind !== undefined) link.kind = kind;
    if (tun !== undefined) link.tun = tun;
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

const infoWithCarrier = new RepeatedAttributes((attributes) => decodeLinkInfo(attributes, true));
const infoWithoutCarrier = new RepeatedAttributes((attributes) => decodeLinkInfo(attributes, false));

function decodeLinkInfo(attributes: AttributeCursor, carrier: boolean): Pick<Link, 'kind' | 'tun'> {
  const info: Pick<Draft, 'kind' | 'tun'> = {};
  // The kernel writes the kind before the data that it explains.
  while (attributes.next()) {
    if (attributes.type === IFLA_INFO_KIND) info.kind = attributes.string();
    else if (attributes.type === IFLA_INFO_DATA && info.kind === TUN_KIND) {
      info.tun = Object.freeze(decodeTunInfo(attributes.nested(), carrier));
    }
  }
  return info;
}

function operstateWord(state: number): string {
  return OPERSTATES[state] ?? `state 0x${state.toString(16)}`;
}

/** Of any length: a MAC address has 6 bytes, that of InfiniBand 20. */
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
