import { LITTLE_ENDIAN } from '../sys/platform.js';
import { AF_INET, AF_INET6 } from '../sys/socket.js';
import { AttributeCursor } from './attribute.js';
import {
  IFA_ADDRESS,
  IFA_BROADCAST,
  IFA_CACHEINFO,
  IFA_F_DADFAILED,
  IFA_F_DEPRECATED,
  IFA_F_HOMEADDRESS,
  IFA_F_MANAGETEMPADDR,
  IFA_F_MCAUTOJOIN,
  IFA_F_NODAD,
  IFA_F_NOPREFIXROUTE,
  IFA_F_OPTIMISTIC,
  IFA_F_PERMANENT,
  IFA_F_SECONDARY,
  IFA_F_STABLE_PRIVACY,
  IFA_F_TENTATIVE,
  IFA_FAMILY,
  IFA_FLAGS,
  IFA_INDEX,
  IFA_LABEL,
  IFA_LOCAL,
  IFA_PREFERED,
  IFA_PREFIXLEN,
  IFA_SCOPE,
  IFA_VALID,
  IFADDRMSG_SIZE,
  ifaddrmsgStart,
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RT_SCOPE_NOWHERE,
  RT_SCOPE_SITE,
  RT_SCOPE_UNIVERSE,
} from './ifaddrmsg.js';
import type { MessageCursor } from './message.js';

/** In the order and the words of ip(8): ifa_flag_data in iproute2's ip/ipaddress.c, without secondary and permanent. */
const FLAG_NAMES: readonly (readonly [flag: number, name: string])[] = [
  [IFA_F_NODAD, 'nodad'],
  [IFA_F_OPTIMISTIC, 'optimistic'],
  [IFA_F_DADFAILED, 'dadfailed'],
  [IFA_F_HOMEADDRESS, 'home'],
  [IFA_F_DEPRECATED, 'deprecated'],
  [IFA_F_TENTATIVE, 'tentative'],
  [IFA_F_MANAGETEMPADDR, 'mngtmpaddr'],
  [IFA_F_NOPREFIXROUTE, 'noprefixroute'],
  [IFA_F_MCAUTOJOIN, 'autojoin'],
  [IFA_F_STABLE_PRIVACY, 'stable-privacy'],
];

/** ip(8)'s words for RT_SCOPE_*. */
const SCOPES: ReadonlyMap<number, string> = new Map([
  [RT_SCOPE_UNIVERSE, 'global'],
  [RT_SCOPE_SITE, 'site'],
  [RT_SCOPE_LINK, 'link'],
  [RT_SCOPE_HOST, 'host'],
  [RT_SCOPE_NOWHERE, 'nowhere'],
]);

/** An IP address with its network, as it is given to a link. */
export interface IpNetwork {
  /** Four bytes of IPv4, or 16 of IPv6. */
  readonly bytes: Uint8Array;
  /** Bits: 0 to 32, or to 128. */
  readonly prefixLength: number;
}

/** An IP address of a link at one moment. */
export interface LinkAddress extends IpNetwork {
  /** The link's index. */
  readonly index: number;
  readonly family: 'inet' | 'inet6';
  /** The other end of a point-to-point link. */
  readonly peer?: Uint8Array;
  readonly broadcast?: Uint8Array;
  /** In ip's words: global, link, host. */
  readonly scope: string;
  /** In ip's words: dynamic, tentative, … */
  readonly flagNames: readonly string[];
  /** The interface's name of old ifconfig. IPv4 only. */
  readonly label?: string;
  /** Seconds. 0xffff_ffff is for ever. */
  readonly validSeconds: number;
  /** Seconds. 0xffff_ffff is for ever. */
  readonly preferredSeconds: number;
}

const FOR_EVER = 0xffff_ffff;

/** A LinkAddress under construction. */
type Draft = { -readonly [Field in keyof LinkAddress]: LinkAddress[Field] };

/**
 * Reads the current message, an RTM_NEWADDR. Returns undefined for an address that is neither IPv4 nor IPv6. Throws a
 * MalformedError when an attribute is too short for its type.
 */
export function decodeAddress(message: MessageCursor): LinkAddress | undefined {
  const { bytes, view } = message;
  const start = ifaddrmsgStart(message);
  const family = view.getUint8(start + IFA_FAMILY);
  if (family !== AF_INET && family !== AF_INET6) return undefined;
  const address: Draft = {
    index: view.getUint32(start + IFA_INDEX, LITTLE_ENDIAN),
    family: family === AF_INET ? 'inet' : 'inet6',
    bytes: new Uint8Array(0),
    prefixLength: view.getUint8(start + IFA_PREFIXLEN),
    scope: scopeWord(view.getUint8(start + IFA_SCOPE)),
    flagNames: [],
    validSeconds: FOR_EVER,
    preferredSeconds: FOR_EVER,
  };
  const found: Found = { local: undefined, address: undefined };
  const attributes = new AttributeCursor(bytes, view, start + IFADDRMSG_SIZE, message.payloadEnd);
  while (attributes.next()) decodeAttribute(address, found, attributes);
  return withEnds(address, found);
}

/** The two ends of a link. IPv6 has the second only where the first differs, and IPv4 both. */
interface Found {
  local: Uint8Array | undefined;
  address: Uint8Array | undefined;
}

function decodeAttribute(draft: Draft, found: Found, attribute: AttributeCursor): void {
  switch (attribute.type) {
    case IFA_LOCAL:
      found.local = attribute.bytes().slice();
      break;
    case IFA_ADDRESS:
      found.address = attribute.bytes().slice();
      break;
    case IFA_BROADCAST:
      draft.broadcast = attribute.bytes().slice();
      break;
    case IFA_LABEL:
      draft.label = attribute.string();
      break;
    case IFA_FLAGS:
      draft.flagNames = flagWords(attribute.u32(), draft.family);
      break;
    case IFA_CACHEINFO:
      draft.preferredSeconds = attribute.u32(IFA_PREFERED);
      draft.validSeconds = attribute.u32(IFA_VALID);
      break;
  }
}

function withEnds(draft: Draft, { local, address }: Found): LinkAddress | undefined {
  const bytes = local ?? address;
  if (bytes === undefined) return undefined;
  draft.bytes = bytes;
  if (address !== undefined && Buffer.compare(address, bytes) !== 0) draft.peer = address;
  return draft;
}

function flagWords(flags: number, family: LinkAddress['family']): string[] {
  const words = FLAG_NAMES.filter(([flag]) => (flags & flag) !== 0).map(([, name]) => name);
  // For IPv6 the same bit stands for an address that the kernel has made up.
  if ((flags & IFA_F_SECONDARY) !== 0) words.unshift(family === 'inet' ? 'secondary' : 'temporary');
  if ((flags & IFA_F_PERMANENT) === 0) words.push('dynamic');
  return words;
}

function scopeWord(scope: number): string {
  return SCOPES.get(scope) ?? String(scope);
}
