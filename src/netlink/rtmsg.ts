import { MalformedError } from '../errors.js';
import { MessageBuilder, type MessageCursor } from './message.js';

// Source: include/uapi/linux/rtnetlink.h, struct rtmsg. Bytes.
export const RTMSG_SIZE = 12;
export const RTM_FAMILY = 0; //   unsigned char
export const RTM_DST_LEN = 1; //  unsigned char, bits
export const RTM_TABLE = 4; //    unsigned char, RTA_TABLE has all bits of it
export const RTM_PROTOCOL = 5; // unsigned char, RTPROT_*
export const RTM_SCOPE = 6; //    unsigned char, RT_SCOPE_*
export const RTM_TYPE = 7; //     unsigned char, RTN_*

// Source: include/uapi/linux/rtnetlink.h
export const RTM_NEWROUTE = 24;
export const RTM_GETROUTE = 26;
export const RTPROT_BOOT = 3;
export const RTN_UNICAST = 1;
export const RT_TABLE_UNSPEC = 0;
export const RT_TABLE_MAIN = 254;

// Source: include/uapi/linux/rtnetlink.h, enum rtattr_type_t
export const RTA_DST = 1; //      bytes
export const RTA_OIF = 4; //      __u32, the link's index
export const RTA_GATEWAY = 5; //  bytes
export const RTA_PRIORITY = 6; // __u32
export const RTA_METRICS = 8; //  nested
export const RTA_TABLE = 15; //   __u32

// Source: include/uapi/linux/rtnetlink.h, inside RTA_METRICS
export const RTAX_MTU = 2; //    __u32
export const RTAX_ADVMSS = 8; // __u32

/** The largest table that fits into RTM_TABLE. */
const TABLE_BYTE_MAX = 255;

/** The fixed part of a message about a route. */
export interface RouteHeader {
  /** AF_INET or AF_INET6. AF_UNSPEC in a request for all. */
  readonly family: number;
  /** Bits of the destination. @default 0 */
  readonly prefixLength?: number;
  /** @default RT_TABLE_UNSPEC */
  readonly table?: number;
  /** RT_SCOPE_*. @default RT_SCOPE_UNIVERSE */
  readonly scope?: number;
}

/** Begins a message about routes. Attributes can follow: RTA_TABLE for a table above 255. */
export function buildRouteMessage(type: number, header: RouteHeader): MessageBuilder {
  const { family, prefixLength = 0, table = RT_TABLE_UNSPEC, scope = 0 } = header;
  const message = new MessageBuilder(type);
  const at = message.reserve(RTMSG_SIZE);
  const { view } = message;
  view.setUint8(at + RTM_FAMILY, family);
  view.setUint8(at + RTM_DST_LEN, prefixLength);
  view.setUint8(at + RTM_TABLE, table > TABLE_BYTE_MAX ? RT_TABLE_UNSPEC : table);
  view.setUint8(at + RTM_PROTOCOL, RTPROT_BOOT);
  view.setUint8(at + RTM_SCOPE, scope);
  view.setUint8(at + RTM_TYPE, RTN_UNICAST);
  return message;
}

/** The offset of the struct rtmsg in the current message. Throws a MalformedError when it is cut. */
export function rtmsgStart({ payloadStart, payloadEnd }: MessageCursor): number {
  const length = payloadEnd - payloadStart;
  if (length >= RTMSG_SIZE) return payloadStart;
  throw new MalformedError(
    `cannot read "route message": ${RTMSG_SIZE} bytes wanted, ${length} there`,
    payloadStart,
  );
}
