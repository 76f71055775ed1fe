import type { Link } from '../../netlink/link.js';
import { DescriptorEdges } from '../../sys/descriptor-edges.js';
import { isSystemError } from '../../sys/errno.js';
import type { Purpose } from '../../sys/libc.js';
import { Ownership } from '../../sys/ownership.js';
import { RingSocket, type SocketCounts } from '../../sys/ring-socket.js';
import { queueProgram, REJECT_ALL } from './watch-programs.js';

/** Most sockets of a group. Source: PACKET_FANOUT_MAX of net/packet/internal.h before Linux 5.11. */
export const GROUP_SOCKETS_MAX = 256;

/** What a group watches, and how. */
export interface WatchGroupOptions {
  readonly ifindex: number;
  /** For errors. */
  readonly purpose: Purpose;
  /**
   * Prepares member `member` before it sees a frame, its ring if it is to have one. Member 0 gets the frames of no queue and of
   * queues that have no member, member 1 those of queue 0, member 2 those of queue 1 and so on. Without queues member 0 gets all.
   */
  readonly prepare: (socket: RingSocket, member: number) => void;
  /** What member `member` accepts: classic BPF. */
  readonly filterOf: (member: number) => Uint8Array;
}

/**
 * AF_PACKET sockets that watch one interface, held by any process or by none, and take nothing. For a device with queues there is one
 * socket a queue, in a fanout group whose program chooses the socket by the frame's queue. Needs CAP_NET_RAW alone.
 *
 * The members reject all frames until the last one has joined: a member that is alone in the group would get those of all queues.
 */
export class WatchGroup implements Disposable {
  readonly #options: WatchGroupOptions;
  readonly #owned = new Ownership();
  readonly #sockets: RingSocket[] = [];
  readonly #edges: DescriptorEdges;
  #groupId = -1;
  #indexes: readonly number[] | undefined;
  #hardwareType = 0;

  /**
   * Opens member 0, which sees nothing yet. Throws a SystemError: EPERM without CAP_NET_RAW, ENODEV if there is no such interface.
   */
  constructor(options: WatchGroupOptions) {
    this.#options = options;
    try {
      this.#edges = this.#owned.own(new DescriptorEdges(options.purpose));
      this.#add();
    } catch (error) {
      this.#owned[Symbol.dispose]();
      throw error;
    }
  }

  /** ARPHRD_* of the interface. */
  get hardwareType(): number {
    return this.#hardwareType;
  }

  /** The descriptor that becomes readable when a ring has a block for this process. `takeEdges` takes the reason away. Borrowed. */
  get fd(): number {
    return this.#edges.fd;
  }

  /** Queues that have a member of their own. */
  get queueCount(): number {
    return this.#sockets.length - 1;
  }

  /**
   * Gives each of the first `queueCount` queues a member, and lets new members see frames. The others see frames meanwhile, too.
   *
   * Returns false if the interface is down (`isUp` is false) and the kernel makes no group for it, as before Linux 6.13 or so. Then
   * call it again when the interface is up.
   */
  coverQueues(queueCount: number, { isUp }: { readonly isUp: boolean }): boolean {
    const wanted = Math.min(queueCount, GROUP_SOCKETS_MAX - 1);
    const isFirst = this.#sockets.length === 1;
    if (!this.#startGroup(isUp)) return false;
    const before = this.#sockets.length;
    while (this.#sockets.length <= wanted) this.#add();
    // The program chooses none of the new members before they accept frames, so that no frame is lost on the way.
    this.#accept(before);
    this.#choose();
    if (isFirst) this.#accept(0, 1);
    return true;
  }

  /**
   * Gives each member the frames of its queue. `indexes` are the kernel's present indices of the queues. undefined if each is the
   * number of its queue.
   */
  followQueues(indexes: readonly number[] | undefined): void {
    if (indexes?.join() === this.#indexes?.join()) return;
    this.#indexes = indexes;
    if (this.#sockets.length > 1) this.#choose();
  }

  /** Lets member 0 see the frames of all queues: there is no group. */
  coverAll(): void {
    this.#accept(0, 1);
  }

  /** Lets no member see another frame. */
  rejectAll(): void {
    for (const socket of this.#sockets) socket.setFilter(REJECT_ALL);
  }

  /** Takes what made `fd` readable. What comes from now on makes it readable again. */
  takeEdges(): void {
    // An interface that goes down leaves an error on each socket. The error makes one edge only, so it can stay there.
    this.#edges.take();
  }

  /** What member `member` has counted. Call it at least once in 2^32 packets. */
  readCounts(member: number): SocketCounts {
    return this.#sockets[member]!.readCounts();
  }

  /** The sum over all members. */
  readTotals(): SocketCounts {
    const totals = { packets: 0, drops: 0 };
    for (const socket of this.#sockets) {
      const { packets, drops } = socket.readCounts();
      totals.packets += packets;
      totals.drops += drops;
    }
    return totals;
  }

  [Symbol.dispose](): void {
    this.#owned[Symbol.dispose]();
  }

  #choose(): void {
    this.#sockets[0]!.setGroupProgram(queueProgram(this.queueCount, this.#indexes));
  }

  #startGroup(isUp: boolean): boolean {
    if (this.#groupId >= 0) return true;
    try {
      this.#groupId = this.#sockets[0]!.startGroup();
      return true;
    } catch (error) {
      if (!isUp && isSystemError(error, 'EINVAL')) return false;
      throw error;
    }
  }

  #add(): void {
    const { ifindex, purpose, prepare } = this.#options;
    const member = this.#sockets.length;
    const socket = this.#owned.own(RingSocket.open(purpose));
    prepare(socket, member);
    socket.setFilter(REJECT_ALL);
    this.#hardwareType = socket.bind(ifindex);
    if (this.#groupId >= 0) socket.joinGroup(this.#groupId);
    this.#edges.add(socket.fd);
    this.#sockets.push(socket);
  }

  #accept(from: number, end = this.#sockets.length): void {
    for (let member = from; member < end; member++)
      this.#sockets[member]!.setFilter(this.#options.filterOf(member));
  }
}

/**
 * Returns how many queues a device has now, disabled ones included, or how many `selected` needs if that is more. At most as many as a
 * group can watch. A device that is no multi-queue TAP has one.
 */
export function presentQueues({ tun }: Link, selected: readonly number[] = []): number {
  const attached = tun?.multiQueue === true ? tun.queues + tun.disabledQueues : 1;
  return Math.min(Math.max(attached, ...selected.map((number) => number + 1)), GROUP_SOCKETS_MAX - 1);
}
