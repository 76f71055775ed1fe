import { SystemError } from '../errors.js';
import type { Link } from '../netlink/link.js';
import { Links } from '../netlink/links.js';
import { errnoOf } from '../sys/errno.js';
import { Ownership } from '../sys/ownership.js';
import { Ring } from '../uring/ring.js';
import { Bursts, type BurstsOptions } from './bursts.js';
import { ROLE_READER } from './counter-layout.js';
import { CounterWriter } from './counter-writer.js';
import { attachQueues, borrowQueues, discardWaiting } from './device-queues.js';
import { readDeviceRecord } from './device-record.js';
import { noSuchQueue } from './device-refusal.js';
import { FrameArena } from './frame-arena.js';
import { FrameBurst } from './frame-burst.js';
import { HolderClient } from './holder-client.js';
import { namedHolders } from './holders.js';
import { assertInterfaceName } from './interface-name.js';
import { privateCounters } from './queue-counters.js';
import { KERNEL_QUEUES_MAX } from './queue-limits.js';
import type { SegmentMemory } from './segment-memory.js';
import { SlotLayout } from './slot-layout.js';
import type { TapDescriptor } from './tap-descriptor.js';
import { TapQueue } from './tap-queue.js';

/** Frames of a burst unless told otherwise. */
export const BURST_FRAMES = 32;
/** Most frames of a burst: io_uring rings are made for this many. */
export const BURST_FRAMES_MAX = 256;

/** Bursts that a device has room for: one to receive into and one to send from. */
const BURSTS = 2;

export interface TapDeviceOptions {
  /**
   * Queues to attach, 1 to 256.
   * @default as many as the device was made with; 1 for a device that rtap did not make
   */
  readonly queueCount?: number;
  /**
   * Frames of a burst, a power of two up to 256.
   * @default 32
   */
  readonly burstFrames?: number;
  /**
   * Attach beside other processes, and compete with them for frames.
   * @default false
   */
  readonly share?: boolean;
  /**
   * Number of the first queue attached, for one that joins others.
   * @default 0
   */
  readonly firstQueue?: number;
  /**
   * Queues that only send: the kernel gives them no frames, what others receive stays theirs.
   * @default false
   */
  readonly sendOnly?: boolean;
  /**
   * Numbers of the queues wanted where a holder lends them. A device without a holder has all of its queues attached: the
   * others have to be read, too.
   * @default all of them
   */
  readonly queueNumbers?: readonly number[] | undefined;
  /**
   * Keep the frames that waited in a holder's queue for a reader. Otherwise they are discarded: see `backlogDiscarded`.
   * @default false
   */
  readonly backlog?: boolean;
  /** What others are told of who reads here. @default the name of this program */
  readonly command?: string;
  /** What the counters say that this process does: ROLE_* of counter-layout. @default ROLE_READER @internal */
  readonly role?: number;
  /**
   * Receives each frame scattered over segments of so many bytes, SEGMENT_BYTES_MIN (64) or more, which do not touch;
   * the first holds the virtio-net header too. At most 1,024 of them may make up the largest frame: with the default of
   * `frameBytesMax` the least is 65. Each read hands all of them to the kernel: with 128 bytes small frames come at a
   * third of their rate.
   * @default in one piece
   */
  readonly segmentBytes?: number;
  /**
   * Largest frame that is received whole, in bytes without virtio-net header, 14 to 65,539. A longer one is cut by the
   * kernel, counted in rxErrors and rxTruncated, and not handed out.
   * @default 65,539, more than any that the kernel sends
   */
  readonly frameBytesMax?: number;
}

/**
 * A TAP device of this network namespace with queues of its own, attached until it is disposed.
 *
 * The kernel spreads what it sends out of the device over all attached queues: read every one of them, since
 * what an unread queue holds is lost.
 */
export class TapDevice implements Disposable {
  /** The device's name when it was opened. */
  readonly name: string;
  readonly ifindex: number;
  /** The queues, in order of their numbers. */
  readonly queues: readonly TapQueue[];
  /** Most frames of a burst. */
  readonly burstFrames: number;
  /** Whether the counts outlive this process; not so where it may write no runtime directory. */
  readonly countersKept: boolean;
  readonly #owned: Ownership;
  readonly #arena: FrameArena;
  readonly #taps: readonly TapDescriptor[];
  #backlogDiscarded = 0;
  #open = true;

  private constructor(link: Link, owned: Ownership, parts: DeviceParts) {
    this.name = link.name;
    this.ifindex = link.index;
    this.#owned = owned;
    this.#arena = parts.arena;
    this.#taps = parts.taps;
    this.queues = parts.queues;
    this.countersKept = parts.countersKept;
    this.burstFrames = parts.arena.framesPerBurst;
  }

  /**
   * Attaches to the device `name`, or borrows from its holder: then each queue is this process's alone to read, until it
   * is closed or the process ends.
   *
   * Throws a TypeError for what cannot be a name, a SystemError with ENODEV where there is no such TAP, EBUSY where
   * somebody, this process included, has queues attached, or reads a queue (unless `share`), EPERM without the right to
   * attach, EACCES to borrow, ETIMEDOUT where a holder does not answer for 5 seconds, and an UnavailableError where the
   * machine has no liburing, io_uring or TUN driver.
   */
  static open(name: string, options: TapDeviceOptions = {}): TapDevice {
    const link = findTap(name, 'attach to');
    const owned = new Ownership();
    try {
      const lender = HolderClient.find(link, 'attach to');
      if (lender !== undefined) owned.own(lender);
      else if (options.share !== true) assertUnused(link, 'attach to');
      const device = new TapDevice(link, owned, acquireParts(link, owned, { ...options, lender }));
      if (lender !== undefined && options.backlog !== true && options.sendOnly !== true)
        device.#discardBacklog(lender, link.txqueuelen);
      return device;
    } catch (error) {
      owned[Symbol.dispose]();
      throw error;
    }
  }

  /** Frames that had waited in a holder's queues, and were thrown away when this device was opened. */
  get backlogDiscarded(): number {
    return this.#backlogDiscarded;
  }

  /** Memory for a burst; at most two at a time. Dispose it, or let the device do that. */
  allocateBurst(): FrameBurst {
    if (!this.#open) throw new TypeError(`cannot use "${this.name}": it is closed`);
    const forget = () => this.#owned.disown(burst);
    const burst = new FrameBurst(this.#arena, this.#taps[0]!.headerBytes, forget);
    return this.#owned.own(burst);
  }

  /**
   * Maps `byteCount` bytes, 1 GiB at most, for what this program sends from: `FrameBurst.appendSegments` takes views of
   * them. Zeroed.
   * Dispose them, after the bursts that use them were sent or cleared, or let the device do that: a burst with segments
   * in disposed memory cannot be sent.
   */
  mapMemory(byteCount: number): SegmentMemory {
    if (!this.#open) throw new TypeError(`cannot use "${this.name}": it is closed`);
    return this.#owned.own(this.#arena.register.map(byteCount, (memory) => this.#owned.disown(memory)));
  }

  /** The bursts that arrive, for `for await`: see `Bursts`. They are read from here on. */
  bursts(options: BurstsOptions = {}): Bursts {
    return new Bursts(this, options);
  }

  /** Disposes `resource`, which uses this device, before the device's own parts when the device is disposed. */
  own(resource: Disposable): void {
    this.#owned.own(resource);
  }

  /** Says that `resource` was disposed before its device: nothing of it is kept. */
  disown(resource: Disposable): void {
    this.#owned.disown(resource);
  }

  /** Not of queues that somebody read already: what waits there is his. */
  #discardBacklog({ greeting }: HolderClient, framesMax: number): void {
    const read = new Set(greeting.leases.flatMap(({ queues }) => queues));
    using burst = this.allocateBurst();
    for (const queue of this.queues)
      if (!read.has(queue.number)) this.#backlogDiscarded += discardWaiting(queue, burst, framesMax);
  }

  /** Gives everything back, in reverse order. A second call does nothing. */
  [Symbol.dispose](): void {
    this.#open = false;
    this.#owned[Symbol.dispose]();
  }
}

/** What a device is made of. */
interface DeviceParts {
  readonly arena: FrameArena;
  readonly taps: readonly TapDescriptor[];
  readonly queues: readonly TapQueue[];
  readonly countersKept: boolean;
}

/**
 * In this order, so that what the machine lacks shows before a queue is attached, and so that the reverse is right:
 * files unregistered, descriptors closed, ring closed, and only then the memory whose address it had.
 */
function acquireParts(
  link: Link,
  owned: Ownership,
  options: TapDeviceOptions & { readonly lender: HolderClient | undefined },
): DeviceParts {
  const { firstQueue = 0, lender, burstFrames = BURST_FRAMES } = options;
  const ownCount = options.queueCount ?? queueCountOf(link);
  const queueCount = lender?.greeting.queues ?? firstQueue + ownCount;
  assertBurstFrames(burstFrames);
  if (lender === undefined) assertQueues(firstQueue, ownCount);
  const missing = options.queueNumbers?.find((number) => number >= queueCount);
  if (missing !== undefined) throw noSuchQueue(link.name, missing, queueCount);
  const slots = new SlotLayout(options);
  const counters = CounterWriter.tryOpen(link, queueCount, options.role ?? ROLE_READER);
  if (counters !== undefined) owned.own(counters);
  const arena = owned.own(FrameArena.open(BURSTS, burstFrames, slots));
  const ring = owned.own(Ring.open(burstFrames));
  arena.registerWith(ring);
  if (lender === undefined) assertQueueCount(link, ownCount);
  const { taps, numbers } =
    lender === undefined
      ? attachQueues(link, owned, { firstQueue, queueCount: ownCount, sendOnly: options.sendOnly })
      : borrowQueues(link, owned, { ...options, lender });
  const queues = taps.map((tap, index) => {
    const number = numbers[index]!;
    return owned.own(new TapQueue(number, ring, arena, tap, counters?.queue(number) ?? privateCounters()));
  });
  return { arena, taps, queues, countersKept: counters !== undefined };
}

function assertQueues(firstQueue: number, queueCount: number): void {
  const possible =
    Number.isInteger(queueCount) && Number.isInteger(firstQueue) && queueCount >= 1 && firstQueue >= 0;
  if (possible && firstQueue + queueCount <= KERNEL_QUEUES_MAX) return;
  throw new RangeError(
    `cannot attach ${queueCount} queues from ${firstQueue}: 1 to ${KERNEL_QUEUES_MAX} are possible`,
  );
}

function assertQueueCount(link: Link, queueCount: number): void {
  if (link.tun?.multiQueue !== false || queueCount === 1) return;
  const message = `cannot attach ${queueCount} queues to "${link.name}": it is a single-queue device`;
  throw new SystemError(message, { errno: errnoOf('EINVAL'), code: 'EINVAL', syscall: 'ioctl(TUNSETIFF)' });
}

/** Queues that a device was made with; 1 where rtap did not make it. */
export function queueCountOf(link: Link): number {
  return readDeviceRecord(link.index)?.queues ?? 1;
}

function assertBurstFrames(frames: number): void {
  if (Number.isInteger(frames) && frames >= 1 && frames <= BURST_FRAMES_MAX && (frames & (frames - 1)) === 0)
    return;
  throw new RangeError(
    `cannot use bursts of ${frames} frames: a power of two from 1 to ${BURST_FRAMES_MAX} is wanted`,
  );
}

/** The TAP called `name`; a SystemError with ENODEV where there is none, EINVAL where it is something else. */
export function findTap(name: string, action: string): Link {
  assertInterfaceName(name);
  using links = Links.open();
  const link = links.byName(name);
  const refuse = (code: string, reason: string) => {
    const facts = { errno: errnoOf(code), code, syscall: 'RTM_GETLINK' };
    return new SystemError(`cannot ${action} "${name}": ${reason}`, facts);
  };
  if (link === undefined) throw refuse('ENODEV', 'there is no such device');
  if (link.tun?.type === 'tun') throw refuse('EINVAL', 'it is a TUN device, not a TAP');
  if (link.tun === undefined) throw refuse('EINVAL', `it is not a TAP${link.kind ? ` (${link.kind})` : ''}`);
  return link;
}

/** Throws a SystemError with EBUSY, which names them, where processes are attached to `link`. */
export function assertUnused(link: Link, action: string): void {
  const attached = link.tun?.queues ?? 0;
  if (attached === 0) return;
  const what = attached === 1 ? 'a queue' : `${attached} queues`;
  const who = namedHolders(link.name);
  const have = who.includes(' and ') ? 'have' : 'has';
  const message = `cannot ${action} "${link.name}": ${who} ${have} ${what} of it attached`;
  throw new SystemError(message, { errno: errnoOf('EBUSY'), code: 'EBUSY', syscall: 'RTM_GETLINK' });
}
