import { SystemError } from '../errors.js';
import type { Link } from '../netlink/link.js';
import { Links } from '../netlink/links.js';
import { errnoOf } from '../sys/errno.js';
import { Ring } from '../uring/ring.js';
import { ROLE_READER } from './counter-layout.js';
import { CounterWriter } from './counter-writer.js';
import { readDeviceRecord } from './device-record.js';
import { FrameArena } from './frame-arena.js';
import { FrameBurst } from './frame-burst.js';
import { findHolders } from './holders.js';
import { assertInterfaceName } from './interface-name.js';
import { privateCounters } from './queue-counters.js';
import { openDeviceDirectory } from './runtime-directory.js';
import { TapDescriptor } from './tap-descriptor.js';
import { TapQueue } from './tap-queue.js';

/** Frames of a burst unless told otherwise (design, decision 9). */
export const BURST_FRAMES = 32;
/** Most frames of a burst: io_uring rings are made for this many. */
export const BURST_FRAMES_MAX = 256;
/** Most queues that rtap gives a device. */
export const QUEUES_MAX = 128;

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
  /** What the counters say that this process does: ROLE_* of counter-layout. @default ROLE_READER */
  readonly role?: number;
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
  readonly #ring: Ring;
  readonly #arena: FrameArena;
  readonly #taps: readonly TapDescriptor[];
  readonly #counters: CounterWriter | undefined;
  readonly #bursts = new Set<FrameBurst>();
  #open = true;

  private constructor(link: Link, parts: DeviceParts) {
    this.name = link.name;
    this.ifindex = link.index;
    this.#ring = parts.ring;
    this.#arena = parts.arena;
    this.#taps = parts.taps;
    this.#counters = parts.counters;
    this.countersKept = parts.counters !== undefined;
    this.burstFrames = parts.arena.framesPerBurst;
    this.queues = parts.taps.map((tap, number) => {
      const counters = parts.counters?.queue(number) ?? privateCounters();
      return new TapQueue(number, parts.ring, parts.arena, tap, counters);
    });
  }

  /**
   * Attaches to the device `name`.
   *
   * Throws a TypeError for what cannot be a name, a SystemError with ENODEV where there is no such TAP, EBUSY where
   * another process has queues attached (unless `share`), EPERM without the right to, and an UnavailableError where
   * the machine has no liburing, io_uring or TUN driver.
   */
  static open(name: string, options: TapDeviceOptions = {}): TapDevice {
    const link = findTap(name, 'attach to');
    if (options.share !== true) assertUnused(link);
    const queueCount = options.queueCount ?? queueCountOf(link);
    const burstFrames = options.burstFrames ?? BURST_FRAMES;
    assertBurstFrames(burstFrames);
    return new TapDevice(link, DeviceParts.open(link, queueCount, burstFrames, options.role ?? ROLE_READER));
  }

  /** Memory for a burst; at most two at a time. Dispose it, or let the device do that. */
  allocateBurst(): FrameBurst {
    if (!this.#open) throw new TypeError(`cannot use "${this.name}": it is closed`);
    const burst = new FrameBurst(this.#arena, this.#taps[0]!.headerBytes);
    this.#bursts.add(burst);
    return burst;
  }

  /**
   * Makes queues send-only: the kernel gives them no more frames, those waiting in them are lost. Last queue first,
   * so that the others keep their numbers.
   */
  stopReceiving(): void {
    for (const tap of this.#taps.toReversed()) tap.detach();
  }

  /** Gives everything back, in reverse order. A second call does nothing. */
  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    for (const burst of this.#bursts) burst[Symbol.dispose]();
    for (const queue of this.queues) queue[Symbol.dispose]();
    DeviceParts.release(this.#ring, this.#arena, this.#taps, this.#counters);
  }
}

/** What a device owns, acquired step by step. */
class DeviceParts {
  readonly ring: Ring;
  readonly arena: FrameArena;
  readonly taps: readonly TapDescriptor[];
  readonly counters: CounterWriter | undefined;

  private constructor(
    ring: Ring,
    arena: FrameArena,
    taps: readonly TapDescriptor[],
    counters?: CounterWriter,
  ) {
    this.ring = ring;
    this.arena = arena;
    this.taps = taps;
    this.counters = counters;
  }

  static open(link: Link, queueCount: number, burstFrames: number, role: number): DeviceParts {
    const taps: TapDescriptor[] = [];
    let ring: Ring | undefined;
    let arena: FrameArena | undefined;
    try {
      // The ring first: whatever this machine lacks shows before a queue is attached.
      ring = Ring.open(burstFrames);
      arena = FrameArena.open(ring, BURSTS, burstFrames);
      attachQueues(taps, link, queueCount);
      return new DeviceParts(ring, arena, taps, openCounters(link, queueCount, role));
    } catch (error) {
      DeviceParts.release(ring, arena, taps, undefined);
      throw error;
    }
  }

  /** Ring before memory: until it is gone the kernel may hold addresses (design, decision 2). */
  static release(
    ring: Ring | undefined,
    arena: FrameArena | undefined,
    taps: readonly TapDescriptor[],
    counters: CounterWriter | undefined,
  ): void {
    ring?.[Symbol.dispose]();
    for (const tap of taps.toReversed()) tap[Symbol.dispose]();
    arena?.[Symbol.dispose]();
    counters?.[Symbol.dispose]();
  }
}

function attachQueues(taps: TapDescriptor[], link: Link, queueCount: number): void {
  const multiQueue = link.tun?.multiQueue ?? true;
  if (!multiQueue && queueCount > 1) {
    const message = `cannot attach ${queueCount} queues to "${link.name}": it is a single-queue device`;
    throw new SystemError(message, { errno: errnoOf('EINVAL'), code: 'EINVAL', syscall: 'ioctl(TUNSETIFF)' });
  }
  for (let number = 0; number < queueCount; number++)
    taps.push(TapDescriptor.attach(link.name, { multiQueue }));
}

/** Counts are a service, not a condition: who may write no runtime directory still reads and sends. */
function openCounters(link: Link, queueCount: number, role: number): CounterWriter | undefined {
  try {
    const directory = openDeviceDirectory(link.index, { owner: link.tun?.owner, group: link.tun?.group });
    return directory === undefined ? undefined : CounterWriter.open(directory, queueCount, role);
  } catch {
    return undefined;
  }
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

function assertUnused(link: Link): void {
  const attached = link.tun?.queues ?? 0;
  if (attached === 0) return;
  const holders = findHolders(link.name).map(({ pid, command }) => `${command} (pid ${pid})`);
  const who = holders.length === 0 ? 'another process' : holders.join(' and ');
  const what = attached === 1 ? 'a queue' : `${attached} queues`;
  const message = `cannot attach to "${link.name}": ${who} has ${what} of it attached`;
  throw new SystemError(message, { errno: errnoOf('EBUSY'), code: 'EBUSY', syscall: 'RTM_GETLINK' });
}
