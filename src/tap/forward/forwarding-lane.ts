import { waitUntilWritable } from '../../sys/descriptor-wait.js';
import { errnoOf } from '../../sys/errno.js';
import {
  type QueueCounters,
  RX_BYTES,
  RX_DISCARDED,
  RX_ERRORS,
  RX_PACKETS,
  TX_BYTES,
  TX_PACKETS,
} from '../counters/counter-table.js';
import { countWriteErrno } from '../counters/errno-counters.js';
import type { FrameBurst } from '../memory/frame-burst.js';
import { RECEIVED_FRAME_BYTES_MAX } from '../memory/slot-layout.js';
import { NO_ERRNOS } from '../queue/queue-port.js';
import { discardWaiting, type TapQueue } from '../queue/tap-queue.js';
import type { FrameBudget } from './frame-budget.js';
import { convertHeaders } from './header-conversion.js';
import { LANE_WAITS } from './lane-counts.js';

/** States of a forwarder, in the word that its threads share: carry frames. */
export const FORWARDING = 0;
/** Carry the frames that wait now, then end. */
export const FINISHING = 1;

/** The kernel has no room for a frame now, and may have some later. */
const RETRYABLE = [errnoOf('EAGAIN'), errnoOf('ENOBUFS'), errnoOf('ENOMEM')];

/** How long a lane waits for room before it looks at anything else. */
const ROOM_MS = 1;

/** Bytes of a burst that stay in the processor's cache until they are written. */
const CACHED_BYTES = 512 * 1024;

/** Frames of the largest size that fit CACHED_BYTES. */
const FEWEST_CACHED_FRAMES = Math.floor(CACHED_BYTES / RECEIVED_FRAME_BYTES_MAX);

/** What the lanes of one thread share. */
export interface LaneSurroundings {
  /** One lane at a time fills and sends it. */
  readonly burst: FrameBurst;
  readonly budget: FrameBudget;
  /** One word, FORWARDING or FINISHING: frames that find no room wait only while frames are forwarded. */
  readonly state: Int32Array;
}

/**
 * Carries frames from a queue of one device to a queue of another. It writes from the memory that a frame was read
 * into, virtio-net header included, so that nothing is copied, parsed or finished on the way. Only a header of another size is
 * written anew.
 *
 * Hot path: one read of a burst, one write of it; nothing is allocated.
 */
export class ForwardingLane {
  readonly from: TapQueue;
  readonly to: TapQueue;
  readonly #counters: QueueCounters;
  readonly #surroundings: LaneSurroundings;
  /**
   * 1 once the kernel had no room for a frame: it may have room for the next frame of the same burst, which would
   * overtake. Linked writes would prevent that, and cost 11 % more processor time on devices that have room.
   */
  #burstFramesMax = Number.POSITIVE_INFINITY;
  /** How many frames of the size of the last burst fit CACHED_BYTES. */
  #cachedFrames = FEWEST_CACHED_FRAMES;

  /** @param counters the block of lane-counts that this lane alone writes */
  constructor(from: TapQueue, to: TapQueue, counters: QueueCounters, surroundings: LaneSurroundings) {
    this.from = from;
    this.to = to;
    this.#counters = counters;
    this.#surroundings = surroundings;
  }

  /** Discards what waits in the queue that it reads, at most `framesMax` frames. */
  discard(framesMax: number): void {
    this.#add(RX_DISCARDED, discardWaiting(this.from, this.#surroundings.burst, framesMax));
  }

  /** Carries one burst of at most `framesMax` frames. Returns how many arrived. */
  carry(framesMax: number): number {
    const { burst, budget } = this.#surroundings;
    const reserved = budget.reserve(this.#framesMax(framesMax));
    const count = this.from.receive(burst, reserved);
    budget.settle(reserved, count);
    this.#counters[RX_ERRORS] = this.from.unusable;
    if (count === 0) return 0;
    const bytes = bytesOf(burst);
    this.#cachedFrames = Math.floor((CACHED_BYTES * count) / bytes);
    this.#add(RX_PACKETS, count);
    this.#add(RX_BYTES, bytes);
    this.#convert(burst);
    const retryable = this.#retryable();
    const sent = this.to.send(burst, retryable);
    this.#add(TX_PACKETS, sent);
    this.#add(TX_BYTES, sent === count ? bytes : sentBytesOf(burst));
    if (sent < count) this.#sendAgain(retryable);
    return count;
  }

  #convert(burst: FrameBurst): void {
    const { headerBytes } = this.from;
    if (headerBytes !== this.to.headerBytes) convertHeaders(burst, headerBytes, this.to.headerBytes);
  }

  #framesMax(framesMax: number): number {
    return Math.min(framesMax, this.#surroundings.burst.framesMax, this.#burstFramesMax, this.#cachedFrames);
  }

  /**
   * The errnos after which a frame is sent again. Read once for each try: it decides whether a frame counts as
   * refused.
   */
  #retryable(): readonly number[] {
    return Atomics.load(this.#surroundings.state, 0) === FORWARDING ? RETRYABLE : NO_ERRNOS;
  }

  /** Waits for room, and sends the frames again that were refused with one of `retryable`. */
  #sendAgain(retryable: readonly number[]): void {
    const { burst } = this.#surroundings;
    this.#countRefused(retryable);
    while (burst.keepRefused(retryable) > 0) {
      this.#burstFramesMax = 1;
      this.#add(LANE_WAITS, 1);
      waitUntilWritable(this.to.fd, ROOM_MS);
      retryable = this.#retryable();
      this.#add(TX_PACKETS, this.to.send(burst, retryable));
      this.#add(TX_BYTES, sentBytesOf(burst));
      this.#countRefused(retryable);
    }
  }

  #countRefused(retryable: readonly number[]): void {
    const { burst } = this.#surroundings;
    for (let index = 0; index < burst.count; index++) {
      const errno = -burst.results[index]!;
      if (errno !== 0 && !retryable.includes(errno)) countWriteErrno(this.#counters, errno);
    }
  }

  #add(counter: number, more: number): void {
    this.#counters[counter] = this.#counters[counter]! + more;
  }
}

function bytesOf(burst: FrameBurst): number {
  let bytes = 0;
  for (let index = 0; index < burst.count; index++) bytes += burst.lengths[index]!;
  return bytes;
}

function sentBytesOf(burst: FrameBurst): number {
  let bytes = 0;
  for (let index = 0; index < burst.count; index++) {
    if (burst.results[index] === 0) bytes += burst.lengths[index]!;
  }
  return bytes;
}
