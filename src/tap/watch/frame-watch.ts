import { ArgumentTypeError, SystemError } from '../../errors.js';
import type { Link } from '../../netlink/link.js';
import { LinkEvents } from '../../netlink/link-events.js';
import { IFF_UP } from '../../netlink/link-flags.js';
import { QUEUE_UNKNOWN } from '../../packet/capture/capture-record.js';
import { systemError } from '../../sys/errno.js';
import { Ownership } from '../../sys/ownership.js';
import type { RingSocket } from '../../sys/ring-socket.js';
import { deviceDeleted, deviceMoved, noSuchQueue } from '../link/device-errors.js';
import { findLink } from '../link/tap-link.js';
import { FrameSource, queueOfMember } from './frame-source.js';
import { followHolder } from './holder-order.js';
import { type MemoryPlan, planMemory } from './memory-plan.js';
import { type ChosenFilter, FrameFilter } from './watch-filter.js';
import { GROUP_SOCKETS_MAX, presentQueues, WatchGroup } from './watch-group.js';
import { WatchMemory } from './watch-memory.js';
import { REJECT_ALL, type WatchDirection } from './watch-programs.js';
import { BURST_SCRATCH_BYTES } from './watched-burst.js';
import { WatchedBursts, type WatchedBurstsOptions, type WatchedFrames } from './watched-bursts.js';

// Source: include/uapi/linux/if_arp.h
const ARPHRD_ETHER = 1;

/** Queues beyond the present ones that have a ring from the start, so that no frame of a new queue is seen without its number. */
const SPARE_QUEUES = 4;
/** Address space for the rings of queues that appear later. It takes no memory. Bytes. */
const LATER_BYTES_MAX = 64 * 1024 * 1024;
/** How long the kernel fills a block that has frames, if the caller names nothing. Milliseconds. */
const FILLING_MS = 16;
const FILLING_IMMEDIATE_MS = 1;
/** The blocks of a ring bridge such a pause of this process, however little they hold. Milliseconds. */
const PAUSE_MS = 800;

/** Which frames a watch sees, and the memory that it has for them. */
export interface FrameWatchOptions {
  /** Numbers of the queues to see, for a TAP alone. @default all, those that appear later too */
  readonly queues?: readonly number[] | undefined;
  /** `out` is what the kernel sends out of the device, `in` what it receives from it. @default 'inout' */
  readonly direction?: WatchDirection | undefined;
  /** A pcap-filter(7) expression. It runs in the kernel if the kernel takes it. @default all frames */
  readonly filter?: string | undefined;
  /** Bytes of each frame that the kernel keeps. @default all */
  readonly snapshotBytes?: number | undefined;
  /** Memory of the rings, all queues together. @default 16 MiB, or 272 KiB for each queue if that is more */
  readonly ringBytes?: number | undefined;
  /**
   * How long the kernel may fill a block that has frames before it hands the block over. The longer it is, the longer the pauses of
   * this process that the rings bridge. It is longer where a ring has few blocks. @default 16, or 1 with `immediate`
   */
  readonly fillingMs?: number | undefined;
  /**
   * Let a device that is no TAP take frames for other addresses too. What a TAP's user writes comes in any mode. @default true
   */
  readonly promiscuous?: boolean | undefined;
  /** Hand each frame out at once, in the order in which it comes, instead of in the order of time. @default false */
  readonly immediate?: boolean | undefined;
}

/** What a watch has counted so far. */
export interface WatchCounts {
  /** Frames that the filter accepted, those that were dropped included. */
  readonly packets: number;
  /** Those of them that the kernel dropped because a ring was full. */
  readonly drops: number;
}

/** Why nothing more will be seen. */
export type WatchEnd = 'deleted' | 'moved' | 'finished' | 'failed';

/**
 * Sees the frames that pass an Ethernet device, held by any process or by none, and takes none. It has AF_PACKET rings, one for each
 * queue of a TAP. Needs CAP_NET_RAW alone: no io_uring, no /dev/net/tun.
 *
 * A queue's number is the holder's, also while a borrower has changed the order of the queues. Without a holder it is the kernel's.
 */
export class FrameWatch implements Disposable {
  readonly #options: FrameWatchOptions;
  readonly #link: Link;
  readonly #owned = new Ownership();
  readonly #filter: FrameFilter;
  readonly #plan: MemoryPlan;
  readonly #memory: WatchMemory;
  readonly #group: WatchGroup;
  readonly #events: LinkEvents;
  readonly #source: FrameSource;
  #name: string;
  #chosen: ChosenFilter | undefined;
  #end: WatchEnd | undefined;
  #fault: SystemError | undefined;
  #onEnd: () => void = () => {};
  #counts: WatchCounts = { packets: 0, drops: 0 };
  #open = true;

  private constructor(link: Link, options: FrameWatchOptions) {
    this.#link = link;
    this.#name = link.name;
    this.#options = options;
    const present = presentQueues(link, options.queues);
    try {
      this.#filter = this.#owned.own(new FrameFilter({ action: 'watch', object: link.name }, options));
      this.#plan = planMemory(options.ringBytes, this.#countRings(present));
      this.#memory = this.#owned.own(this.#mapMemory(present));
      this.#group = this.#owned.own(this.#makeGroup(present));
      if (this.#isGrouped) this.#owned.own(followHolder(link, [this.#group]));
      if (this.#group.hardwareType !== ARPHRD_ETHER) throw notEthernet(link);
      this.#source = new FrameSource(this.#group, this.#memory, {
        immediate: options.immediate === true,
        filter: this.#filter,
        queueOf: this.#isGrouped ? queueOfMember : () => (link.tun === undefined ? QUEUE_UNKNOWN : 0),
      });
      this.#events = this.#owned.own(this.#openEvents());
      const now = this.#events.links.get(link.index);
      if (now === undefined) this.#lose(link);
      else this.#follow(now);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * Watches the device `name`. If the device is down, frames come when it is up.
   *
   * Throws a SystemError: ENODEV if there is no such device, EPERM without CAP_NET_RAW, EINVAL if it is no Ethernet device or has no
   * such queue, ENOMEM if the kernel has no memory for the rings. Throws a TypeError for queues of a device that is no TAP, and for
   * a filter that libpcap does not understand.
   */
  static open(name: string, options: FrameWatchOptions = {}): FrameWatch {
    const link = findLink(name, 'watch');
    assertQueues(link, options.queues);
    return new FrameWatch(link, options);
  }

  /** The device's present name. */
  get name(): string {
    return this.#name;
  }

  /** Index of the device in this network namespace. */
  get ifindex(): number {
    return this.#link.index;
  }

  /** Whether the device is a TAP, so that frames have queues. */
  get isTap(): boolean {
    return this.#link.tun !== undefined;
  }

  /** Whether the device is watched already: not while it is down, if the kernel or the filter needs it up for the start. */
  get started(): boolean {
    return this.#chosen !== undefined;
  }

  /** Whether the kernel runs the filter. It refuses some: this process runs them then, and the rings take all frames. */
  get filteredByKernel(): boolean {
    return this.#filter.matcher === undefined;
  }

  /** Why nothing more will be seen; undefined while the watch goes on. */
  get end(): WatchEnd | undefined {
    return this.#end;
  }

  /** Why the watch could not go on; undefined while it goes on, and after `finish`. */
  get endError(): SystemError | undefined {
    if (this.#end === 'failed') return this.#fault;
    const action = 'go on watching';
    if (this.#end === 'deleted') return deviceDeleted(this.#name, action);
    return this.#end === 'moved' ? deviceMoved(this.#name, action) : undefined;
  }

  /** Frames that came too late for their place in the order of time. They have the time of the frame before them. */
  get late(): number {
    return this.#source.late;
  }

  /** Frames that the filter accepted, and those of them that the kernel dropped because a ring was full. */
  readCounts(): WatchCounts {
    if (this.#open) this.#counts = this.#source.readCounts();
    return this.#counts;
  }

  /**
   * The frames that pass from now on, and those that passed since `open` while the rings had room. The iteration ends when the
   * device is deleted or leaves the network namespace, after `finish`, or when the loop is left. One iteration at a time.
   */
  bursts(options: WatchedBurstsOptions = {}): WatchedBursts {
    if (!this.#open) throw new ArgumentTypeError(`cannot watch "${this.#name}": it is closed`);
    const frames: WatchedFrames = {
      fd: this.#group.fd,
      source: this.#source,
      isEnded: () => this.#end !== undefined,
      takeEdges: () => this.#group.takeEdges(),
      onEnd: (wake) => {
        this.#onEnd = wake;
      },
      own: (resource) => this.#owned.own(resource),
      disown: (resource) => this.#owned.disown(resource),
    };
    return new WatchedBursts(frames, options);
  }

  /** Sees no further frame. `bursts` hands out those that have passed, and ends. */
  finish(): void {
    if (this.#end !== undefined || !this.#open) return;
    this.#group.rejectAll();
    this.#finishWith('finished');
  }

  /** Ends the watch, and gives its memory back: frames that were handed out show zeros then. */
  [Symbol.dispose](): void {
    if (this.#source !== undefined) this.readCounts();
    this.#open = false;
    this.#owned[Symbol.dispose]();
  }

  /** One queue needs no group: all frames are its own. */
  get #isGrouped(): boolean {
    return this.#link.tun?.multiQueue === true;
  }

  #countRings(present: number): { readonly ringCount: number; readonly spareCount: number } {
    const { queues } = this.#options;
    return {
      ringCount: queues?.length ?? Math.max(present, 1),
      spareCount: this.#isGrouped && queues === undefined ? 1 + SPARE_QUEUES : 0,
    };
  }

  #mapMemory(present: number): WatchMemory {
    const { blockBytes, blockCount, spareBlockCount } = this.#plan;
    const { ringCount, spareCount } = this.#countRings(present);
    const laterBlocks = this.#isGrouped ? Math.floor(LATER_BYTES_MAX / blockBytes) : 0;
    const blocksMax = ringCount * blockCount + spareCount * spareBlockCount + laterBlocks;
    return new WatchMemory({ blockBytes, blocksMax, scratchBytes: BURST_SCRATCH_BYTES });
  }

  #openEvents(): LinkEvents {
    return LinkEvents.open({
      onLink: (changed) => this.#tryFollow(changed),
      onGone: (gone) => this.#lose(gone),
      onOverrun: () => {},
    });
  }

  #makeGroup(present: number): WatchGroup {
    const { index, name } = this.#link;
    return new WatchGroup({
      ifindex: index,
      purpose: { action: 'watch', object: name },
      prepare: (socket, member) => this.#makeRing(socket, member, present),
      filterOf: (member) => (this.#isWatched(member) ? this.#chosen!.program : REJECT_ALL),
    });
  }

  #isWatched(member: number): boolean {
    const { queues } = this.#options;
    return queues === undefined || !this.#isGrouped || queues.includes(queueOfMember(member));
  }

  #makeRing(socket: RingSocket, member: number, present: number): void {
    if (!this.#isWatched(member)) return;
    if (!this.isTap && this.#options.promiscuous !== false) socket.makePromiscuous(this.ifindex);
    const { blockBytes, blockCount, spareBlockCount } = this.#plan;
    const isPresent = !this.#isGrouped || this.#options.queues !== undefined;
    const isSpare = !isPresent && (member === 0 || member > Math.max(present, 1));
    const count = isSpare ? spareBlockCount : blockCount;
    if (!this.#memory.hasRoomFor(count)) return;
    socket.keepHeaders();
    socket.makeRing({ blockBytes, blockCount: count, retireMs: this.#fillingMs(count) });
    this.#memory.addRing(socket, member, count);
  }

  #fillingMs(blockCount: number): number {
    const { immediate = false, fillingMs = immediate ? FILLING_IMMEDIATE_MS : FILLING_MS } = this.#options;
    return immediate ? fillingMs : Math.max(fillingMs, Math.ceil(PAUSE_MS / blockCount));
  }

  /** A fault ends the watch: an event has no caller that could catch it. */
  #tryFollow(link: Link): void {
    try {
      this.#follow(link);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      this.#fault = error;
      this.#finishWith('failed');
    }
  }

  #follow(link: Link): void {
    if (link.index !== this.#link.index || this.#end !== undefined) return;
    this.#name = link.name;
    if (this.#chosen === undefined) this.#start(link);
    else if (this.#isGrouped && presentQueues(link) > this.#group.queueCount - SPARE_QUEUES)
      this.#group.coverQueues(presentQueues(link) + SPARE_QUEUES, { isUp: true });
  }

  #start(link: Link): void {
    const isUp = (link.flags & IFF_UP) !== 0;
    this.#chosen = this.#filter.choose(link.name, isUp);
    if (this.#chosen === undefined) return;
    const covered = presentQueues(link, this.#options.queues ?? [0]) + SPARE_QUEUES;
    if (!this.#isGrouped) this.#group.coverAll();
    // Before Linux 6.13 or so there is no group while the device is down.
    else if (!this.#group.coverQueues(covered, { isUp })) this.#chosen = undefined;
  }

  #lose(link: Link): void {
    if (link.index === this.#link.index)
      this.#finishWith(link.newIfindex === undefined ? 'deleted' : 'moved');
  }

  #finishWith(end: WatchEnd): void {
    this.#end ??= end;
    this.#onEnd();
  }
}

function assertQueues(link: Link, queues: readonly number[] | undefined): void {
  if (queues === undefined) return;
  const kind = link.kind === undefined ? '' : ` (${link.kind})`;
  if (link.tun?.type !== 'tap')
    throw new ArgumentTypeError(`cannot choose queues of "${link.name}": it is not a TAP${kind}`);
  const present = presentQueues(link);
  const absent = queues.find((number) => number >= present);
  // A device of which no queue is attached may get any.
  if (absent !== undefined && (present > 0 || absent >= GROUP_SOCKETS_MAX - 1))
    throw noSuchQueue(link.name, absent, present);
}

function notEthernet({ name, kind }: Link): SystemError {
  return systemError({
    action: 'watch',
    object: name,
    code: 'EINVAL',
    syscall: 'bind(AF_PACKET)',
    detail: kind === undefined ? 'it is not an Ethernet device' : `it is not an Ethernet device (${kind})`,
    reason: 'not-ethernet',
  });
}
