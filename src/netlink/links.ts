import { isSystemError } from '../sys/errno.js';
import { ALTIFNAMSIZ, IFNAMSIZ } from '../sys/ifreq.js';
import { AttributeWriter } from './attribute.js';
import { RouteConnection } from './connection.js';
import { buildLinkMessage, RTM_DELLINK, RTM_GETLINK, RTM_SETLINK } from './ifinfomsg.js';
import {
  decodeLink,
  decodeLinkOutline,
  IFLA_ADDRESS,
  IFLA_ALT_IFNAME,
  IFLA_EXT_MASK,
  IFLA_IFNAME,
  IFLA_INFO_KIND,
  IFLA_LINKINFO,
  IFLA_MASTER,
  IFLA_MTU,
  IFLA_TXQLEN,
  type Link,
  type LinkOutline,
} from './link.js';
import { IFF_ALLMULTI, IFF_PROMISC, IFF_UP } from './link-flags.js';
import type { MessageBuilder, MessageCursor } from './message.js';

// Source: include/uapi/linux/rtnetlink.h
const RTEXT_FILTER_VF = 1;

const LIST = { action: 'list', object: 'links', syscall: 'RTM_GETLINK' };

/** What to change of a link. What is absent stays as it is. */
export interface LinkChange {
  readonly up?: boolean;
  /** Bytes. */
  readonly mtu?: number;
  /** Hardware address: six bytes for Ethernet. */
  readonly address?: Uint8Array;
  /** Length of each queue in frames. */
  readonly txqueuelen?: number;
  readonly promiscuous?: boolean;
  readonly allMulticast?: boolean;
  /** Index of the bridge or bond that the link is to belong to. 0 takes it out. */
  readonly master?: number;
}

/**
 * Reads and changes the links of one network namespace. They are changed by index, since a name may pass to another
 * link at any time.
 *
 * Throws a NetlinkError that names the link and has the kernel's own explanation when the kernel refuses.
 */
export class Links implements Disposable {
  readonly #connection: RouteConnection;
  /** Has the name for the message of an error without another look-up, also when the link is gone by then. */
  #lastRead: Link | undefined;

  private constructor(connection: RouteConnection) {
    this.#connection = connection;
  }

  /** Opens the links of the network namespace that this thread is in. */
  static open(): Links {
    return new Links(RouteConnection.open());
  }

  /** Lists all links at one moment in the kernel's order. */
  list(): Link[] {
    return this.#connection.dump(buildListRequest(), LIST, decodeLink);
  }

  /** Lists the links of one kind: `tun`, `veth`, `bridge`, … The kernel chooses them, if it knows the kind. */
  listKind(kind: string): Link[] {
    return this.#listKind(kind, decodeLink);
  }

  /** As `listKind`, for the outlines only. */
  outlineKind(kind: string): LinkOutline[] {
    return this.#listKind(kind, decodeLinkOutline);
  }

  /** Finds the link with this name or alternative name. Undefined when there is none. */
  byName(name: string): Link | undefined {
    const length = Buffer.byteLength(name);
    if (length === 0 || length >= ALTIFNAMSIZ) return undefined;
    const request = buildLinkMessage(RTM_GETLINK);
    // IFLA_IFNAME finds alternative names, too, but only short ones.
    new AttributeWriter(request).string(length < IFNAMSIZ ? IFLA_IFNAME : IFLA_ALT_IFNAME, name);
    return this.#read(request, name);
  }

  /** Finds the link with this index. Undefined when there is none. */
  byIndex(index: number): Link | undefined {
    if (index <= 0) return undefined;
    return this.#read(buildLinkMessage(RTM_GETLINK, { index }), `link ${index}`);
  }

  /**
   * Changes what `change` names with one message. Sends nothing if it names nothing. When the kernel refuses one
   * part, it may already have made others.
   */
  change(index: number, change: LinkChange): void {
    if (Object.values(change).every((value) => value === undefined)) return;
    const { flags, changeMask } = changedFlags(change);
    const request = buildLinkMessage(RTM_SETLINK, { index, flags, changeMask });
    const attributes = new AttributeWriter(request);
    if (change.mtu !== undefined) attributes.u32(IFLA_MTU, change.mtu);
    if (change.address !== undefined) attributes.bytes(IFLA_ADDRESS, change.address);
    if (change.master !== undefined) attributes.u32(IFLA_MASTER, change.master);
    if (change.txqueuelen !== undefined) attributes.u32(IFLA_TXQLEN, change.txqueuelen);
    this.#command(request, 'change', index, 'RTM_SETLINK');
  }

  /** Removes the link, even while it is in use. */
  delete(index: number): void {
    this.#command(buildLinkMessage(RTM_DELLINK, { index }), 'delete', index, 'RTM_DELLINK');
  }

  [Symbol.dispose](): void {
    this.#connection[Symbol.dispose]();
  }

  #listKind<T extends LinkOutline>(kind: string, decode: (answer: MessageCursor) => T): T[] {
    const request = buildListRequest();
    const attributes = new AttributeWriter(request);
    attributes.nested(IFLA_LINKINFO, () => attributes.string(IFLA_INFO_KIND, kind));
    return this.#connection.dump(request, LIST, decode).filter((link) => link.kind === kind);
  }

  #read(request: MessageBuilder, object: string): Link | undefined {
    try {
      const call = { action: 'read', object, syscall: 'RTM_GETLINK' };
      const [link] = this.#connection.execute(request, call, decodeLink);
      if (link !== undefined) this.#lastRead = link;
      return link;
    } catch (error) {
      if (isSystemError(error, 'ENODEV')) return undefined;
      throw error;
    }
  }

  #command(request: MessageBuilder, action: string, index: number, syscall: string): void {
    const call = { action, object: this.#nameOf(index), syscall };
    this.#connection.execute(request, call, () => undefined);
  }

  #nameOf(index: number): string {
    if (this.#lastRead?.index === index) return this.#lastRead.name;
    return this.byIndex(index)?.name ?? `link ${index}`;
  }
}

/**
 * The request has a filter mask, as ip(8) sends one. Without a mask the kernel does not compute how large its links
 * are: the list then ends without an error before the first link that takes more than a page or two (seen with 300
 * alternative names).
 */
function buildListRequest(): MessageBuilder {
  const request = buildLinkMessage(RTM_GETLINK);
  new AttributeWriter(request).u32(IFLA_EXT_MASK, RTEXT_FILTER_VF);
  return request;
}

function changedFlags(change: LinkChange): { flags: number; changeMask: number } {
  const wanted = [
    [IFF_UP, change.up],
    [IFF_PROMISC, change.promiscuous],
    [IFF_ALLMULTI, change.allMulticast],
  ] as const;
  let flags = 0;
  let changeMask = 0;
  for (const [flag, value] of wanted) {
    if (value === undefined) continue;
    changeMask |= flag;
    if (value) flags |= flag;
  }
  return { flags, changeMask };
}
