import type { Purpose } from '../sys/libc.js';
import { AF_INET, AF_INET6 } from '../sys/socket.js';
import type { IpNetwork } from './address.js';
import { AttributeWriter } from './attribute.js';
import { RouteConnection } from './connection.js';
import { RT_SCOPE_LINK, RT_SCOPE_UNIVERSE } from './ifaddrmsg.js';
import { AF_UNSPEC } from './ifinfomsg.js';
import { NLM_F_CREATE, NLM_F_EXCL } from './message.js';
import { decodeRoute, type Route } from './route.js';
import {
  buildRouteMessage,
  RT_TABLE_MAIN,
  RTA_DST,
  RTA_GATEWAY,
  RTA_METRICS,
  RTA_OIF,
  RTA_PRIORITY,
  RTA_TABLE,
  RTAX_ADVMSS,
  RTAX_MTU,
  RTM_GETROUTE,
  RTM_NEWROUTE,
} from './rtmsg.js';

const LIST = { action: 'list', object: 'routes', syscall: 'RTM_GETROUTE' };
const IPV4_BYTES = 4;

/** A route as it is added. Addresses have four bytes of IPv4, or 16 of IPv6. */
export interface NewRoute {
  /** The bits behind the prefix must be 0. */
  readonly destination: IpNetwork;
  /** The next hop. undefined if the destination is on the link. */
  readonly gateway?: Uint8Array | undefined;
  /** Bytes. @default the link's */
  readonly mtu?: number | undefined;
  /** The MSS that TCP announces, in bytes. @default by the MTU */
  readonly advmss?: number | undefined;
  /** 0 is the most preferred. @default the kernel's: 0 for IPv4, 1024 for IPv6 */
  readonly priority?: number | undefined;
  /** @default RT_TABLE_MAIN */
  readonly table?: number | undefined;
  /** RT_SCOPE_*. @default link for an IPv4 destination on the link, else universe */
  readonly scope?: number | undefined;
}

/** Reads and adds unicast routes of one network namespace. */
export class Routes implements Disposable {
  readonly #connection: RouteConnection;

  private constructor(connection: RouteConnection) {
    this.#connection = connection;
  }

  /** Opens the routes of the network namespace that this thread is in. */
  static open(): Routes {
    return new Routes(RouteConnection.open());
  }

  /** Lists the IPv4 and IPv6 routes of all tables. */
  list(): Route[] {
    const request = buildRouteMessage(RTM_GETROUTE, { family: AF_UNSPEC });
    return this.#connection.dump(request, LIST, decodeRoute).filter((route) => route !== undefined);
  }

  /** Adds a route over the link with this index. Throws a NetlinkError: EEXIST if there is such a route. */
  add(index: number, route: NewRoute, purpose: Purpose): void {
    const { destination, gateway, priority, table = RT_TABLE_MAIN, mtu, advmss } = route;
    const ipv4 = destination.bytes.length === IPV4_BYTES;
    const scope = route.scope ?? (ipv4 && gateway === undefined ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE);
    const { prefixLength } = destination;
    const family = ipv4 ? AF_INET : AF_INET6;
    const request = buildRouteMessage(RTM_NEWROUTE, { family, prefixLength, table, scope });
    const attributes = new AttributeWriter(request);
    if (prefixLength > 0) attributes.bytes(RTA_DST, destination.bytes);
    if (gateway !== undefined) attributes.bytes(RTA_GATEWAY, gateway);
    attributes.u32(RTA_OIF, index);
    attributes.u32(RTA_TABLE, table);
    if (priority !== undefined) attributes.u32(RTA_PRIORITY, priority);
    if (mtu !== undefined || advmss !== undefined)
      attributes.nested(RTA_METRICS, () => {
        if (mtu !== undefined) attributes.u32(RTAX_MTU, mtu);
        if (advmss !== undefined) attributes.u32(RTAX_ADVMSS, advmss);
      });
    const call = { ...purpose, syscall: 'RTM_NEWROUTE', flags: NLM_F_CREATE | NLM_F_EXCL };
    this.#connection.execute(request, call, () => undefined);
  }

  [Symbol.dispose](): void {
    this.#connection[Symbol.dispose]();
  }
}
