import { AF_INET, AF_INET6 } from '../sys/socket.js';
import type { IpNetwork } from './address.js';
import { AttributeCursor } from './attribute.js';
import type { MessageCursor } from './message.js';
import {
  RTA_DST,
  RTA_GATEWAY,
  RTA_OIF,
  RTA_PRIORITY,
  RTA_TABLE,
  RTM_DST_LEN,
  RTM_FAMILY,
  RTM_TABLE,
  RTMSG_SIZE,
  rtmsgStart,
} from './rtmsg.js';

const IPV4_BYTES = 4;
const IPV6_BYTES = 16;

/** A unicast route at one moment. */
export interface Route {
  /** The link's index. 0 for a route over several links. */
  readonly index: number;
  /** All zeros with a prefix of 0 bits for a default route. */
  readonly destination: IpNetwork;
  /** Four bytes of IPv4, or 16 of IPv6. undefined if the destination is on the link. */
  readonly gateway: Uint8Array | undefined;
  /** 0 is the most preferred. */
  readonly priority: number;
  readonly table: number;
}

/** A Route under construction. */
type Draft = { -readonly [Field in keyof Route]: Route[Field] };

/**
 * Reads the current message, an RTM_NEWROUTE. Returns undefined for a route that is neither of IPv4 nor of IPv6. Throws a
 * MalformedError when it or an attribute is cut.
 */
export function decodeRoute(message: MessageCursor): Route | undefined {
  const { bytes, view, payloadEnd } = message;
  const start = rtmsgStart(message);
  const family = view.getUint8(start + RTM_FAMILY);
  if (family !== AF_INET && family !== AF_INET6) return undefined;
  const route: Draft = {
    index: 0,
    destination: {
      bytes: new Uint8Array(family === AF_INET ? IPV4_BYTES : IPV6_BYTES),
      prefixLength: view.getUint8(start + RTM_DST_LEN),
    },
    gateway: undefined,
    priority: 0,
    table: view.getUint8(start + RTM_TABLE),
  };
  const attributes = new AttributeCursor(bytes, view, start + RTMSG_SIZE, payloadEnd);
  while (attributes.next()) decodeAttribute(route, attributes);
  return route;
}

function decodeAttribute(draft: Draft, attribute: AttributeCursor): void {
  switch (attribute.type) {
    case RTA_DST:
      draft.destination = { ...draft.destination, bytes: attribute.bytes().slice() };
      break;
    case RTA_GATEWAY:
      draft.gateway = attribute.bytes().slice();
      break;
    case RTA_OIF:
      draft.index = attribute.u32();
      break;
    case RTA_PRIORITY:
      draft.priority = attribute.u32();
      break;
    case RTA_TABLE:
      draft.table = attribute.u32();
      break;
  }
}
