import type { Link } from '../../netlink/link.js';
import { LinkEvents } from '../../netlink/link-events.js';
import { IFF_UP } from '../../netlink/link-flags.js';
import { PAGE_BYTES } from '../../sys/mapped-memory.js';
import { Ownership } from '../../sys/ownership.js';
import type { RingSocket } from '../../sys/ring-socket.js';
import { followHolder } from './holder-order.js';
import { presentQueues, WatchGroup } from './watch-group.js';
import { directionFilter, type WatchDirection } from './watch-programs.js';

/** Queues beyond the present ones that have sockets, so that the packets of a new queue are counted under its number. */
const SPARE_QUEUES = 16;
/** Nothing reads the ring, so the block stays as it is once it is full. Milliseconds. */
const RETIRE_MS = 60_000;
/** The kernel's counters have 32 bits: they are read at least this often. Milliseconds. */
const READ_MS = 60_000;

/** Packets of one queue, or of none. The directions are those of the process that has the queue. */
export interface PassedPackets {
  /** Packets that the kernel sent out of the device, those that found the queue full included. */
  rx: number;
  /** Packets that the kernel received from the device. */
  tx: number;
}

/**
 * Counts the packets that pass each queue of a TAP, held by any process or by none. It takes no packet, and the kernel copies none to
 * this process: each queue has an AF_PACKET socket for each direction, with a ring of one block that nothing reads. The kernel
 * counts what it drops there (PACKET_STATISTICS). Needs CAP_NET_RAW.
 *
 * A queue's number is the holder's, and the kernel's without a holder. Packets are counted from `open` on, or from the moment that
 * the device is up.
 */
export class QueueCounter implements Disposable {
  readonly #link: Link;
  readonly #owned = new Ownership();
  readonly #outgoing: WatchGroup;
  readonly #incoming: WatchGroup;
  readonly #timer: NodeJS.Timeout;
  #started = false;
  #queueCount = 0;
  #fault: unknown;

  private constructor(link: Link) {
    this.#link = link;
    this.#timer = setInterval(() => this.#readAll(), READ_MS).unref();
    try {
      this.#outgoing = this.#owned.own(openGroup(link, 'out'));
      this.#incoming = this.#owned.own(openGroup(link, 'in'));
      if (this.#isGrouped) this.#owned.own(followHolder(link, [this.#outgoing, this.#incoming]));
      const events = this.#owned.own(
        LinkEvents.open({
          onLink: (changed) => this.#followEvent(changed),
          onGone: () => {},
          onOverrun: () => {},
        }),
      );
      this.#follow(events.links.get(link.index) ?? link);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * Counts what passes the TAP `link` from now on. Throws a SystemError: EPERM without CAP_NET_RAW, ENODEV if the device is gone,
   * EMFILE without enough descriptors, two for each queue.
   */
  static open(link: Link): QueueCounter {
    return new QueueCounter(link);
  }

  /** Whether packets are counted already. Before Linux 6.13 or so, counting begins only when the device is up. */
  get started(): boolean {
    return this.#started;
  }

  /**
   * The packets of each queue so far, by its number. A queue that goes keeps its place. Throws a SystemError if this process had no
   * descriptors for a queue that has appeared.
   */
  read(): PassedPackets[] {
    if (this.#fault !== undefined) throw this.#fault;
    if (!this.#started) return [];
    return Array.from({ length: this.#queueCount }, (_, queue) =>
      this.#packetsOf(this.#isGrouped ? queue + 1 : 0),
    );
  }

  /** Packets of no queue so far, or of one that had just appeared. */
  readUnnumbered(): PassedPackets {
    return this.#isGrouped ? this.#packetsOf(0) : { rx: 0, tx: 0 };
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#owned[Symbol.dispose]();
  }

  /** One queue needs no group: all packets are its own. */
  get #isGrouped(): boolean {
    return this.#link.tun?.multiQueue === true;
  }

  #readAll(): void {
    this.#outgoing.readTotals();
    this.#incoming.readTotals();
  }

  #packetsOf(member: number): PassedPackets {
    return {
      rx: this.#outgoing.readCounts(member).packets,
      tx: this.#incoming.readCounts(member).packets,
    };
  }

  /** An event has no caller that could take an error, such as EMFILE: `read` throws it. */
  #followEvent(link: Link): void {
    try {
      this.#follow(link);
    } catch (error) {
      this.#fault = error;
    }
  }

  #follow(link: Link): void {
    if (link.index !== this.#link.index) return;
    const present = presentQueues(link);
    if (!this.#started || present + SPARE_QUEUES > this.#outgoing.queueCount)
      this.#started = this.#cover(present + SPARE_QUEUES, { isUp: (link.flags & IFF_UP) !== 0 });
    this.#queueCount = Math.max(this.#queueCount, present);
  }

  #cover(queueCount: number, state: { readonly isUp: boolean }): boolean {
    const groups = [this.#outgoing, this.#incoming];
    if (this.#isGrouped) return groups.every((group) => group.coverQueues(queueCount, state));
    if (!this.#started) for (const group of groups) group.coverAll();
    return true;
  }
}

function openGroup({ index, name }: Link, direction: WatchDirection): WatchGroup {
  const filter = directionFilter(direction, 1);
  return new WatchGroup({
    ifindex: index,
    purpose: { action: 'count packets of', object: name },
    prepare: (socket: RingSocket) =>
      socket.makeRing({ blockBytes: PAGE_BYTES, blockCount: 1, retireMs: RETIRE_MS }),
    filterOf: () => filter,
  });
}
