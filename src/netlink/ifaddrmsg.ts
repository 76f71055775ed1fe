import { MalformedError } from '../errors.js';
import { LITTLE_ENDIAN } from '../sys/platform.js';
import { MessageBuilder, type MessageCursor } from './message.js';

// Source: include/uapi/linux/if_addr.h, struct ifaddrmsg. Bytes.
export const IFADDRMSG_SIZE = 8;
export const IFA_FAMILY = 0; //    __u8
export const IFA_PREFIXLEN = 1; // __u8
export const IFA_SCOPE = 3; //     __u8
export const IFA_INDEX = 4; //     __u32

// Source: include/uapi/linux/if_addr.h, enum of the attributes behind it
export const IFA_ADDRESS = 1; //   bytes, the peer of a point-to-point link
export const IFA_LOCAL = 2; //     bytes
export const IFA_LABEL = 3; //     string
export const IFA_BROADCAST = 4; // bytes
export const IFA_CACHEINFO = 6; // struct ifa_cacheinfo
export const IFA_FLAGS = 8; //     __u32

// Source: include/uapi/linux/if_addr.h
export const IFA_F_SECONDARY = 0x01;
export const IFA_F_NODAD = 0x02;
export const IFA_F_OPTIMISTIC = 0x04;
export const IFA_F_DADFAILED = 0x08;
export const IFA_F_HOMEADDRESS = 0x10;
export const IFA_F_DEPRECATED = 0x20;
export const IFA_F_TENTATIVE = 0x40;
export const IFA_F_PERMANENT = 0x80;
export const IFA_F_MANAGETEMPADDR = 0x100;
export const IFA_F_NOPREFIXROUTE = 0x200;
export const IFA_F_MCAUTOJOIN = 0x400;
export const IFA_F_STABLE_PRIVACY = 0x800;

// Source: include/uapi/linux/if_addr.h, struct ifa_cacheinfo. Bytes.
export const IFA_PREFERED = 0; // __u32, seconds
export const IFA_VALID = 4; //    __u32, seconds

// Source: include/uapi/linux/rtnetlink.h
export const RTM_NEWADDR = 20;
export const RTM_GETADDR = 22;
export const RT_SCOPE_UNIVERSE = 0;
export const RT_SCOPE_SITE = 200;
export const RT_SCOPE_LINK = 253;
export const RT_SCOPE_HOST = 254;
export const RT_SCOPE_NOWHERE = 255;

/** The fixed part of a message about an address. */
export interface AddressHeader {
  /** AF_INET or AF_INET6. AF_UNSPEC in a request for all. */
  readonly family: number;
  /** The link's index. */
  readonly index: number;
  /** Bits. @default 0 */
  readonly prefixLength?: number;
  /** RT_SCOPE_*. @default RT_SCOPE_UNIVERSE */
  readonly scope?: number;
}

/** Begins a message about addresses. Attributes can follow. */
export function buildAddressMessage(type: number, header: AddressHeader): MessageBuilder {
  const message = new MessageBuilder(type);
  const at = message.reserve(IFADDRMSG_SIZE);
  const { view } = message;
  view.setUint8(at + IFA_FAMILY, header.family);
  view.setUint8(at + IFA_PREFIXLEN, header.prefixLength ?? 0);
  view.setUint8(at + IFA_SCOPE, header.scope ?? RT_SCOPE_UNIVERSE);
  view.setUint32(at + IFA_INDEX, header.index, LITTLE_ENDIAN);
  return message;
}

/** The offset of the struct ifaddrmsg in the current message. Throws a MalformedError when it is cut. */
export function ifaddrmsgStart(message: MessageCursor): number {
  const length = message.payloadEnd - message.payloadStart;
  if (length >= IFADDRMSG_SIZE) return message.payloadStart;
  throw new MalformedError(
    `cannot read "address message": ${IFADDRMSG_SIZE} bytes wanted, ${length} there`,
    message.payloadStart,
  );
}
