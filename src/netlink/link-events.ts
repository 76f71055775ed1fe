import { disposeOnAbort } from '../sys/abort-disposal.js';
import { DescriptorWatch } from '../sys/descriptor-watch.js';
import { callError, errnoOf, isSystemError } from '../sys/errno.js';
import { NETLINK_ROUTE, NetlinkSocket } from '../sys/netlink-socket.js';
import { AF_UNSPEC, linkMessageFamily, RTM_DELLINK, RTM_NEWLINK } from './ifinfomsg.js';
import { decodeLink, type Link } from './link.js';
import { Links } from './links.js';
import { MessageCursor } from './message.js';

// Source: include/uapi/linux/rtnetlink.h, enum rtnetlink_groups
export const RTNLGRP_LINK = 1;

/** Events that one turn of the event loop handles; the rest waits for the next. */
const DATAGRAMS_PER_TURN = 64;

/** Room for some 2,000 events while this process does other things. */
const RECEIVE_BUFFER_BYTES = 8 * 1024 * 1024;

/** An event is one link, of some 2 KiB. A larger one counts as an overrun, once: the buffer grows. */
const BUFFER_BYTES = 32 * 1024;

const PURPOSE = { action: 'watch', object: 'links' };
const EAGAIN = errnoOf('EAGAIN');
const ENOBUFS = errnoOf('ENOBUFS');

export interface LinkEventHandlers {
  /** A link appeared or changed; it may be the same as before. */
  readonly onLink: (link: Link) => void;
  /** A link was removed, or moved to another network namespace (`newIfindex`). */
  readonly onGone: (link: Link) => void;
  /** The kernel dropped events. Changes in between are lost; a call for each link's present state follows. */
  readonly onOverrun: () => void;
}

export interface LinkEventsOptions {
  /** Ends it, as disposing does. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Calls handlers, from the event loop, for what happens to the links of one network namespace.
 *
 * No final state is missed: after an overrun all links are read anew. A handler may dispose this object. What a
 * handler throws is an uncaught exception.
 */
export class LinkEvents implements Disposable {
  readonly #socket: NetlinkSocket;
  readonly #reader: Links;
  readonly #handlers: LinkEventHandlers;
  #buffer = new Uint8Array(BUFFER_BYTES);
  readonly #links = new Map<number, Link>();
  #watch: DescriptorWatch | undefined;
  #forgetSignal: () => void = () => {};
  #overrun = false;
  #open = true;

  private constructor(socket: NetlinkSocket, reader: Links, handlers: LinkEventHandlers) {
    this.#socket = socket;
    this.#reader = reader;
    this.#handlers = handlers;
  }

  /**
   * Watches the network namespace that this thread is in now. Handlers are called for what happens from here on:
   * `links` has what is there already.
   */
  static open(handlers: LinkEventHandlers, { signal }: LinkEventsOptions = {}): LinkEvents {
    const socket = NetlinkSocket.open(NETLINK_ROUTE, PURPOSE);
    let events: LinkEvents | undefined;
    try {
      events = new LinkEvents(socket, Links.open(), handlers);
      events.#start();
      events.#forgetSignal = disposeOnAbort(events, signal);
      return events;
    } catch (error) {
      events?.[Symbol.dispose]();
      socket[Symbol.dispose]();
      throw error;
    }
  }

  /** The links as far as events have been handled, by index. */
  get links(): ReadonlyMap<number, Link> {
    return this.#links;
  }

  /** Lets the process end although links are watched. */
  unref(): void {
    this.#watch?.unref();
  }

  /** No handler is called any more. A second call does nothing. */
  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    this.#forgetSignal();
    this.#watch?.[Symbol.dispose]();
    this.#socket[Symbol.dispose]();
    this.#reader[Symbol.dispose]();
  }

  #start(): void {
    this.#socket.setReceiveBuffer(RECEIVE_BUFFER_BYTES);
    // Joined before the links are read: nothing can happen unseen in between.
    this.#socket.join(RTNLGRP_LINK, PURPOSE);
    for (const link of this.#reader.list()) this.#links.set(link.index, link);
    this.#watch = DescriptorWatch.readable(this.#socket.fd, () => this.#turn());
  }

  #turn(): void {
    for (let datagrams = 0; datagrams < DATAGRAMS_PER_TURN && this.#open; datagrams++) {
      const length = this.#socket.receiveNow(this.#buffer);
      if (length === -EAGAIN) {
        if (this.#overrun) this.#readAnew();
        break;
      }
      if (length === -ENOBUFS) this.#lose();
      else if (length < 0) throw callError(PURPOSE, 'recv(AF_NETLINK)', -length);
      else if (length > this.#buffer.byteLength) this.#loseLarge(length);
      else this.#handle(new MessageCursor(this.#buffer.subarray(0, length)));
    }
    // The descriptor is readable no more, perhaps, when the queue has been emptied: come back by ourselves.
    if (this.#overrun && this.#open) setImmediate(() => this.#turn());
  }

  /**
   * The kernel drops all further events until its queue has been emptied, and says so only once. So the queue is
   * read to its end first, and the links after that.
   */
  #lose(): void {
    // libuv stops watching a descriptor that has an error pending, and this was one.
    this.#watch?.pause();
    this.#watch?.resume();
    if (this.#overrun) return;
    this.#overrun = true;
    this.#handlers.onOverrun();
  }

  #loseLarge(length: number): void {
    this.#buffer = new Uint8Array(length);
    this.#lose();
  }

  #handle(message: MessageCursor): void {
    while (this.#open && message.next()) {
      const { type } = message;
      if (type !== RTM_NEWLINK && type !== RTM_DELLINK) continue;
      // A bridge says in its own family that a port was added or removed: the link itself lives on.
      if (linkMessageFamily(message) !== AF_UNSPEC) continue;
      const link = decodeLink(message);
      if (type === RTM_NEWLINK) this.#note(link);
      else this.#forget(link);
    }
  }

  #readAnew(): void {
    let present: Link[];
    try {
      present = this.#reader.list();
    } catch (error) {
      // They change faster than they can be listed: again in the next turn.
      if (isSystemError(error, 'EINTR')) return;
      throw error;
    }
    this.#overrun = false;
    const indexes = new Set(present.map((link) => link.index));
    for (const link of [...this.#links.values()]) if (!indexes.has(link.index)) this.#forget(link);
    for (const link of present) this.#note(link);
  }

  #note(link: Link): void {
    if (!this.#open) return;
    this.#links.set(link.index, link);
    this.#handlers.onLink(link);
  }

  #forget(link: Link): void {
    if (this.#open && this.#links.delete(link.index)) this.#handlers.onGone(link);
  }
}
