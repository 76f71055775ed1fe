import { DescriptorWatch } from '../sys/descriptor-watch.js';
import { callError, errnoOf, isSystemError } from '../sys/errno.js';
import { NETLINK_ROUTE, NetlinkSocket } from '../sys/netlink-socket.js';
import { disposeOnAbort } from '../sys/ownership.js';
import { AF_UNSPEC, linkMessageFamily, RTM_DELLINK, RTM_NEWLINK } from './ifinfomsg.js';
import { decodeLink, type Link } from './link.js';
import { Links } from './links.js';
import { MessageCursor } from './message.js';

// Source: include/uapi/linux/rtnetlink.h, enum rtnetlink_groups
export const RTNLGRP_LINK = 1;

/** Datagrams that one turn of the event loop handles. The rest waits for the next turn. */
const DATAGRAMS_PER_TURN = 64;

/** Room for some 2,000 events while this process does other things. Bytes. */
const RECEIVE_BUFFER_BYTES = 8 * 1024 * 1024;

/**
 * An event is one link of some 2 KiB. A larger one is handled as an overrun, once, since the buffer grows then.
 * Bytes.
 */
const BUFFER_BYTES = 32 * 1024;

const PURPOSE = { action: 'watch', object: 'links' };
const EAGAIN = errnoOf('EAGAIN');
const ENOBUFS = errnoOf('ENOBUFS');

/** What LinkEvents calls. */
export interface LinkEventHandlers {
  /** A link appeared or changed. It may be the same as before. */
  readonly onLink: (link: Link) => void;
  /** A link was removed, or moved to another network namespace (`newIfindex`). */
  readonly onGone: (link: Link) => void;
  /**
   * The kernel dropped events. A call with the present state of each link follows, but changes in between are lost.
   */
  readonly onOverrun: () => void;
}

/** How links are watched. */
export interface LinkEventsOptions {
  /** Ends the watching when it aborts, as disposing does. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Calls handlers from the event loop when links of one network namespace appear, change or go.
 *
 * The handlers always learn the last state of each link: after an overrun all links are read again. A handler may
 * dispose this object. What a handler throws is an uncaught exception.
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
   * Watches the network namespace that this thread is in. Handlers are called for what happens from now on. `links`
   * has the links that are there already.
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

  /** The links by index, as the handled events leave them. */
  get links(): ReadonlyMap<number, Link> {
    return this.#links;
  }

  /** Calls the handlers for all events that have arrived by now. */
  readNow(): void {
    while (this.#open && this.#read()) {
      // Until no event is left.
    }
  }

  /** Lets the process end while links are watched. */
  unref(): void {
    this.#watch?.unref();
  }

  /** Ends the watching: no handler is called any more. A second call does nothing. */
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
    // The group is joined before the links are read, so that no event in between is missed.
    this.#socket.join(RTNLGRP_LINK, PURPOSE);
    for (const link of this.#reader.list()) this.#links.set(link.index, link);
    this.#watch = DescriptorWatch.readable(this.#socket.fd, () => this.#turn());
  }

  #turn(): void {
    for (let datagrams = 0; datagrams < DATAGRAMS_PER_TURN && this.#open; datagrams++)
      if (!this.#read()) break;
    // When the queue is empty the descriptor may not become readable again, so the next turn is scheduled here.
    if (this.#overrun && this.#open) setImmediate(() => this.#turn());
  }

  /** Handles one datagram. Returns false if there is none. */
  #read(): boolean {
    const length = this.#socket.receiveNow(this.#buffer);
    if (length === -EAGAIN) {
      if (this.#overrun) this.#readAnew();
      return false;
    }
    if (length === -ENOBUFS) this.#lose();
    else if (length < 0) throw callError(PURPOSE, 'recv(AF_NETLINK)', -length);
    else if (length > this.#buffer.byteLength) this.#loseLarge(length);
    else this.#handle(new MessageCursor(this.#buffer.subarray(0, length)));
    return true;
  }

  /**
   * The kernel drops all further events until its queue has been emptied, and reports that only once. So the queue is
   * read to its end first, and then the links.
   */
  #lose(): void {
    // ENOBUFS is a pending error of the socket, at which libuv stops watching the descriptor.
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
      // A bridge sends messages of its own family when a port is added or removed. The link itself stays.
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
      // The links change faster than they can be listed: the next turn tries again.
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
