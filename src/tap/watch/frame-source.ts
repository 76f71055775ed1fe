import { QUEUE_UNKNOWN } from '../../packet/capture/capture-record.js';
import { CLOCK_REALTIME, Clock } from '../../sys/clock.js';
import type { SocketCounts } from '../../sys/ring-socket.js';
import { FrameOrder } from './frame-order.js';
import type { WatchGroup } from './watch-group.js';
import type { WatchMemory } from './watch-memory.js';
import { WATCHED_FRAMES, WatchedBurst } from './watched-burst.js';

const NANOSECONDS_PER_MILLISECOND = 1_000_000;

/** How long a frame waits for older ones, which another processor may still be bringing into a ring. Milliseconds. */
export const SETTLING_MS = 20;
/** How long a frame waits while the rings fill up, or if there is one ring only, so that no block of another ring can come late. */
const SETTLING_LEAST_MS = 1;
/** If this process has this share of a ring's blocks, frames wait less. With the larger share they do not wait. */
const PRESSURE_HURRIED = 0.4;
const PRESSURE_MOST = 0.75;
/** How much older than its block a frame can be: the kernel reads the clock before it looks for room in a block. */
const EARLY_MS = 1;
/** If a frame is so much older than the last one, the clock was set back. */
const CLOCK_STEP_MS = 1000;
/** The kernel's counters have 32 bits. They are read after so many frames. */
const COUNTED_FRAMES_MAX = 2 ** 26;

interface FrameMatcher {
  accepts(frame: Uint8Array, originalLength: number): boolean;
}

/** Which frames a source hands out, besides what its sockets accept. */
export interface FrameSourceOptions {
  /** Hands frames out in the order in which they come, ring by ring. */
  readonly immediate: boolean;
  /** The matcher runs what the kernel refused of the filter. undefined if the kernel runs it all. */
  readonly filter: { readonly matcher: FrameMatcher | undefined };
  /** The queue of a frame in the ring of this member. */
  readonly queueOf: (member: number) => number;
}

/**
 * Frames from the rings of a group, in the order of their times over all rings. It calls no event loop: `refresh` takes what the
 * kernel has handed over, `fill` hands out frames that are old enough.
 *
 * A frame is old enough when no older one can be in a block that the kernel is still filling, and SETTLING_MS have passed. While
 * the rings fill up a frame waits less, because a dropped frame is worse than one out of order. A frame that comes too late all the
 * same gets the time of the one before it.
 */
export class FrameSource {
  readonly burst: WatchedBurst;
  readonly #group: WatchGroup;
  readonly #memory: WatchMemory;
  readonly #options: FrameSourceOptions;
  readonly #order = new FrameOrder();
  readonly #clock = new Clock(CLOCK_REALTIME);
  /** Where the frames of `burst` lie. */
  readonly #places = new Int32Array(WATCHED_FRAMES);
  /** Where frames lie that the filter refused. */
  readonly #refused = new Int32Array(WATCHED_FRAMES);
  #taken = 0;
  /** The block of the last frame, and the queue of that block. */
  #block = -1;
  #queue = QUEUE_UNKNOWN;
  /** Frames up to this time may be handed out. */
  #limit = Number.NEGATIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;
  #late = 0;
  #pressure = 0;
  #accepted = 0;
  #uncounted = 0;

  /** Takes frames of `group`, whose rings lie in `memory`. Both must outlive it. */
  constructor(group: WatchGroup, memory: WatchMemory, options: FrameSourceOptions) {
    this.#group = group;
    this.#memory = memory;
    this.#options = options;
    this.burst = new WatchedBurst(memory);
  }

  /** Frames that came too late for their place, and got the time of the frame before them. */
  get late(): number {
    return this.#late;
  }

  /** Frames that wait for older ones. */
  get waiting(): number {
    return this.#order.count;
  }

  /** The share of its blocks, 0 to 1, that this process had of the fullest ring when it looked last. */
  get pressure(): number {
    return this.#pressure;
  }

  /** Whether the kernel is filling a block that has frames. */
  get isFilling(): boolean {
    return this.#memory.oldestOpen() !== Number.POSITIVE_INFINITY;
  }

  /** Frames that the filter accepted, and those of them that the kernel dropped because a ring was full. */
  readCounts(): SocketCounts {
    const { packets, drops } = this.#group.readTotals();
    this.#uncounted = 0;
    return { packets: this.#options.filter.matcher === undefined ? packets : this.#accepted + drops, drops };
  }

  /** Takes over the blocks that the kernel has handed over. With `all`, every frame may be handed out. */
  refresh({ all = false }: { readonly all?: boolean } = {}): void {
    this.#release();
    const before = this.#order.end;
    // Read before the rings: what comes while they are read is younger.
    const now = this.#now();
    const open = this.#memory.oldestOpen();
    this.#memory.collect(this.#order);
    if (this.#order.end === before && this.#order.count === 0) return;
    this.#limit = all || this.#options.immediate ? Number.POSITIVE_INFINITY : this.#limitAt(now, open);
    if (!this.#options.immediate) this.#order.sort();
  }

  /** Fills `burst`, whose frames before that go back to the kernel. Returns how many frames it has now. */
  fill(): number {
    this.#release();
    const { burst } = this;
    const order = this.#order;
    const { times, places, end } = order;
    const limit = this.#limit;
    const isFiltered = this.#options.filter.matcher !== undefined;
    let count = 0;
    let refused = 0;
    let at = order.first;
    // A local number: stored in a field, each would be an object of V8's heap.
    let last = this.#last;
    for (; count < WATCHED_FRAMES && at < end && times[at]! <= limit; at++) {
      const place = places[at]!;
      burst.take(count, place);
      burst.queues[count] = this.#queueAt(place);
      if (times[at]! >= last) last = times[at]!;
      else last = this.#keepOrder(count, times[at]!, last);
      if (!isFiltered || this.#accepts(count)) this.#places[count++] = place;
      else this.#refused[refused++] = place;
      if (refused === WATCHED_FRAMES) {
        this.#memory.release(this.#refused, refused);
        refused = 0;
      }
    }
    this.#memory.release(this.#refused, refused);
    this.#last = last;
    order.first = at;
    burst.count = count;
    this.#taken = count;
    this.#accepted += count;
    this.#uncounted += count;
    if (this.#uncounted > COUNTED_FRAMES_MAX) this.readCounts();
    return count;
  }

  /** The queue of the frame at `place`. Most frames lie in the block of the one before. */
  #queueAt(place: number): number {
    const block = this.#memory.blockAt(place);
    if (block !== this.#block) {
      this.#block = block;
      this.#queue = this.#options.queueOf(this.#memory.memberAt(place));
    }
    return this.#queue;
  }

  #accepts(index: number): boolean {
    const { burst } = this;
    burst.count = index + 1;
    return this.#options.filter.matcher!.accepts(burst.frame(index), burst.originalLengths[index]!);
  }

  /**
   * Frame `index` is older than the one before it, of the time `last`: it gets that time, unless the clock was set back. Returns the
   * time that it has.
   */
  #keepOrder(index: number, time: number, last: number): number {
    const isStep = last - time >= CLOCK_STEP_MS * NANOSECONDS_PER_MILLISECOND;
    if (isStep || this.#options.immediate) return time;
    this.#late += 1;
    this.#memory.splitTime(last, this.burst, index);
    return last;
  }

  #release(): void {
    this.#memory.release(this.#places, this.#taken);
    this.#taken = 0;
    this.burst.count = 0;
  }

  /** Up to which time frames are old enough at `now`, if the oldest block that the kernel is filling was begun at `open`. */
  #limitAt(now: number, open: number): number {
    const { pressure } = this.#memory;
    this.#pressure = pressure;
    if (pressure >= PRESSURE_MOST) return Number.POSITIVE_INFINITY;
    return Math.min(
      now - this.#settlingMsAt(pressure) * NANOSECONDS_PER_MILLISECOND,
      open - EARLY_MS * NANOSECONDS_PER_MILLISECOND,
    );
  }

  #settlingMsAt(pressure: number): number {
    const isLeast = pressure >= PRESSURE_HURRIED || this.#memory.ringCount === 1;
    return isLeast ? SETTLING_LEAST_MS : SETTLING_MS;
  }

  #now(): number {
    this.#clock.read();
    return this.#memory.timeOf(this.#clock.seconds, this.#clock.nanoseconds);
  }
}

/** The queue of the member of a group that has one member for each queue. */
export function queueOfMember(member: number): number {
  return member === 0 ? QUEUE_UNKNOWN : member - 1;
}
