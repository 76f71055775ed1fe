import { ArgumentRangeError, ArgumentTypeError } from '../../errors.js';
import type { Link } from '../../netlink/link.js';
import { Ownership } from '../../sys/ownership.js';
import { Ring } from '../../uring/ring.js';
import { privateCounters } from '../counters/counter-table.js';
import { findTap } from '../link/tap-link.js';
import { type ArenaShare, FrameArena, type FrameStore } from '../memory/frame-arena.js';
import { FrameBurst } from '../memory/frame-burst.js';
import type { SegmentMemory } from '../memory/segment-memory.js';
import { SlotLayout } from '../memory/slot-layout.js';
import { Bursts, type BurstsOptions } from './bursts.js';
import { type AttachmentOptions, DeviceAttachment } from './device-attachment.js';
import type { HandedQueue } from './handed-queue.js';
import { discardWaiting, TapQueue } from './tap-queue.js';

/**
 * Default number of frames of a burst. With 128 frames the cost of a call into the kernel is small even if it
 * takes a microsecond: 64-byte frames take 12 % less time to receive than in bursts of 32 there, and 18 %
 * less to send.
 */
export const BURST_FRAMES = 128;
/** Most frames of a burst: io_uring rings are made for this many. */
export const BURST_FRAMES_MAX = 256;

/** Bursts that a device has room for by default: one to receive into and one to send from. */
const BURSTS = 2;

export interface TapDeviceOptions extends AttachmentOptions {
  /**
   * Frames of a burst, a power of two up to 256.
   * @default 128
   */
  readonly burstFrames?: number;
  /**
   * Keep the frames that waited in a holder's queue for a reader. Otherwise they are discarded: see
   * `backlogDiscarded`.
   * @default false
   */
  readonly backlog?: boolean;
  /**
   * Receive each frame scattered over segments of this many bytes, SEGMENT_BYTES_MIN (64) or more, which do
   * not touch. The first segment holds the virtio-net header too. The largest frame may take at most 1,024
   * segments: with the default of `frameBytesMax` the least is 65 bytes. Each read hands all segments to the
   * kernel: with 128 bytes small frames come at a third of their rate.
   * @default in one piece
   */
  readonly segmentBytes?: number;
  /**
   * Largest frame that is received whole, in bytes without virtio-net header, 14 to 65,539. The kernel cuts a
   * longer frame. It is counted in rxErrors and rxTruncated, and not handed out.
   * @default 65,539, more than any frame that the kernel sends
   */
  readonly frameBytesMax?: number;
  /**
   * Bursts that exist at a time.
   * @default 2: one to receive into and one to send from
   * @internal
   */
  readonly burstsMax?: number;
  /**
   * Bytes of memory from which bursts send frames without copying them: `store`.
   * @default 0
   * @internal
   */
  readonly storeBytes?: number;
}

/** A device as one thread describes it to others that send from its bursts. */
export interface DeviceShare {
  readonly queues: readonly HandedQueue[];
  readonly arena: ArenaShare;
}

/**
 * A TAP device of this network namespace, with queues that stay attached until it is disposed.
 *
 * The kernel spreads what it sends out of the device over all attached queues. Read every one of them: what
 * waits in a queue without a reader is lost.
 */
export class TapDevice implements Disposable {
  /** The device's name when it was opened. */
  readonly name: string;
  readonly ifindex: number;
  /** Ordered by queue number. */
  readonly queues: readonly TapQueue[];
  /** Most frames of a burst. */
  readonly burstFrames: number;
  /** Whether the counts outlive this process. False if it may not write to the runtime directory. */
  readonly countersKept: boolean;
  /** Whether a holder lent the queues. */
  readonly borrowed: boolean;
  readonly #owned: Ownership;
  readonly #arena: FrameArena;
  readonly #attachment: DeviceAttachment;
  #backlogDiscarded = 0;
  #open = true;

  private constructor(link: Link, owned: Ownership, parts: DeviceParts) {
    this.name = link.name;
    this.ifindex = link.index;
    this.#owned = owned;
    this.#arena = parts.arena;
    this.#attachment = parts.attachment;
    this.queues = parts.queues;
    this.countersKept = parts.attachment.counters !== undefined;
    this.borrowed = parts.attachment.lender !== undefined;
    this.burstFrames = parts.arena.framesPerBurst;
  }

  /**
   * Attaches to the device `name`, or borrows from its holder. A borrowed queue has no other reader until the
   * device is closed or the process ends.
   *
   * Throws a TypeError for an impossible name, and an UnavailableError if the machine has no liburing,
   * io_uring or TUN driver. Throws a SystemError: ENODEV if there is no such TAP; EBUSY if a process, this
   * one included, has queues attached or reads a queue (unless `share`); EPERM without the right to attach;
   * EACCES without the right to borrow; ETIMEDOUT if the holder does not answer for 5 seconds.
   */
  static open(name: string, options: TapDeviceOptions = {}): TapDevice {
    const link = findTap(name, 'attach to');
    const owned = new Ownership();
    try {
      const parts = acquireParts(link, owned, options);
      const device = new TapDevice(link, owned, parts);
      if (device.borrowed && options.backlog !== true && options.sendOnly !== true)
        device.#discardBacklog(parts.attachment);
      return device;
    } catch (error) {
      owned[Symbol.dispose]();
      throw error;
    }
  }

  /** Frames that waited in a holder's queues and were discarded when this device was opened. */
  get backlogDiscarded(): number {
    return this.#backlogDiscarded;
  }

  /**
   * Describes the device to other threads, which send from its bursts by rings of their own. They must have ended before it
   * is disposed.
   * @internal
   */
  share(): DeviceShare {
    const { taps, numbers, counters } = this.#attachment;
    const queues = taps.map(({ fd, headerBytes }, index) => {
      const number = numbers[index]!;
      return { fd, headerBytes, number, countersAddress: counters?.addressOf(number) };
    });
    const { memory, burstsMax, framesPerBurst, slots, store } = this.#arena;
    const { frameBytesMax } = slots;
    const storeBytes = store.end - store.start;
    const arena = {
      address: memory.address,
      burstsMax,
      burstFrames: framesPerBurst,
      frameBytesMax,
      storeBytes,
    };
    return { queues, arena };
  }

  /** Memory for `FrameBurst.appendStored`. @internal */
  get store(): FrameStore {
    return this.#arena.store;
  }

  /**
   * Numbers of the borrowed queues that another borrower has detached, in rising order: the kernel gives them no frames. Throws a
   * SystemError if the device was deleted.
   */
  get disabledQueues(): number[] {
    return this.#attachment.disabledQueues;
  }

  /** Returns memory for a burst. There are at most two at a time. Dispose it, or let the device do that. */
  allocateBurst(): FrameBurst {
    if (!this.#open) throw new ArgumentTypeError(`cannot use "${this.name}": it is closed`);
    const forget = () => this.#owned.disown(burst);
    const burst = new FrameBurst(this.#arena, this.#attachment.headerBytes, forget);
    return this.#owned.own(burst);
  }

  /**
   * Maps `byteCount` bytes of zeros, at most 1 GiB, from which this program sends:
   * `FrameBurst.appendSegments` takes views of them.
   *
   * Dispose the memory after the bursts that use it were sent or cleared, or let the device do that. A burst
   * with segments in disposed memory cannot be sent.
   */
  mapMemory(byteCount: number): SegmentMemory {
    if (!this.#open) throw new ArgumentTypeError(`cannot use "${this.name}": it is closed`);
    return this.#owned.own(this.#arena.register.map(byteCount, (memory) => this.#owned.disown(memory)));
  }

  /** Returns the bursts that arrive from now on, for `for await`: see `Bursts`. */
  bursts(options: BurstsOptions = {}): Bursts {
    return new Bursts(this, options);
  }

  /** Takes over `resource`, which uses this device: it is disposed before the device's own parts. */
  own(resource: Disposable): void {
    this.#owned.own(resource);
  }

  /** Forgets `resource`, which was disposed before its device. */
  disown(resource: Disposable): void {
    this.#owned.disown(resource);
  }

  /** Skips the queues that another process was reading: the frames that wait there belong to it. */
  #discardBacklog({ link, readByOthers }: DeviceAttachment): void {
    using burst = this.allocateBurst();
    for (const queue of this.queues)
      if (!readByOthers.has(queue.number))
        this.#backlogDiscarded += discardWaiting(queue, burst, link.txqueuelen);
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
  readonly attachment: DeviceAttachment;
  readonly queues: readonly TapQueue[];
}

/**
 * Acquires the parts in this order, so that what the machine lacks shows before a queue is attached. The
 * reverse order releases them safely: files are unregistered, descriptors closed, the ring closed, and last
 * the memory unmapped whose address the ring had.
 */
function acquireParts(link: Link, owned: Ownership, options: TapDeviceOptions): DeviceParts {
  const { burstFrames = BURST_FRAMES, burstsMax = BURSTS, storeBytes } = options;
  assertBurstFrames(burstFrames);
  const arena = owned.own(FrameArena.open(burstsMax, burstFrames, new SlotLayout(options), storeBytes));
  const ring = owned.own(Ring.open(burstFrames));
  const attachment = owned.own(DeviceAttachment.open(link, options));
  const { taps, numbers, counters } = attachment;
  const queues = taps.map((tap, index) => {
    const number = numbers[index]!;
    return owned.own(new TapQueue(number, ring, arena, tap, counters?.queue(number) ?? privateCounters()));
  });
  return { arena, attachment, queues };
}

function assertBurstFrames(frames: number): void {
  if (Number.isInteger(frames) && frames >= 1 && frames <= BURST_FRAMES_MAX && (frames & (frames - 1)) === 0)
    return;
  throw new ArgumentRangeError(
    `cannot use bursts of ${frames} frames: give a power of two from 1 to ${BURST_FRAMES_MAX}`,
  );
}

/**
 * Makes a ring and the memory of a burst as a device does, and gives both back. Returns the entries of the ring: fewer than
 * BURST_FRAMES if the kernel may lock little memory. Throws an UnavailableError if the machine has no liburing or no io_uring.
 */
export function tryRing(): number {
  using _arena = FrameArena.open(1, BURST_FRAMES);
  using ring = Ring.open(BURST_FRAMES);
  return ring.submission.entries;
}
