import { ArgumentRangeError, ArgumentTypeError } from '../../errors.js';
import type { Ring } from '../../uring/ring.js';
import {
  type QueueCounters,
  RX_DISCARDED,
  RX_ERRORS,
  RX_TRUNCATED,
  TX_ERRORS,
  TX_TOO_LONG,
} from '../counters/counter-table.js';
import type { FrameArena } from '../memory/frame-arena.js';
import { FrameBurst } from '../memory/frame-burst.js';
import type { QueueDescriptor, QueuePort } from './queue-port.js';
import { QueueReading } from './queue-reading.js';
import { QueueWriting } from './queue-writing.js';

/** Reads of the first burst after a quiet time. The bursts double while they come back full. */
const FIRST_BURST_FRAMES = 4;

/**
 * One queue of a TAP device: bursts of Ethernet frames in and out. Its device owns the descriptor, the ring and the arena.
 *
 * Hot path: state instead of exceptions, no allocation per frame, one call into the kernel per burst. Every transfer
 * carries RWF_NOWAIT, so it is complete when the submission returns: nothing is in flight between two calls. Linux before
 * 6.4 does not know such reads of a TUN descriptor. There one read(2) at a time does the same.
 */
export class TapQueue implements Disposable {
  /** Position in its device's list of queues, from 0. It does not move. */
  readonly number: number;
  readonly #port: QueuePort;
  readonly #reading: QueueReading;
  readonly #writing: QueueWriting;
  readonly #arena: FrameArena;
  #readsAhead = FIRST_BURST_FRAMES;
  #emptied = false;
  #open = true;

  /** Borrows all arguments. Registers the descriptor with the ring until it is disposed. */
  constructor(number: number, ring: Ring, arena: FrameArena, tap: QueueDescriptor, counters: QueueCounters) {
    this.number = number;
    this.#arena = arena;
    const { registered } = arena;
    const fileSlot = ring.registerFile(tap.fd);
    this.#port = { ring, tap, counters, fileSlot, registered, nowait: true, gone: false };
    this.#reading = new QueueReading(this.#port, arena.slots.frameBytesMax);
    this.#writing = new QueueWriting(this.#port);
  }

  /**
   * Whether nothing will be received any more: the device was deleted, or another process has changed the size of its header
   * (`changedHeaderBytes`).
   */
  get gone(): boolean {
    return this.#port.gone;
  }

  /**
   * The bytes of the virtio-net header that another process has set since this queue was opened, if `receive` has noticed that.
   * Frames that were read with the new size count in `unusable`: it is not known where they begin. Open the device again to read
   * on.
   */
  get changedHeaderBytes(): number | undefined {
    return this.#port.changedHeaderBytes;
  }

  /** Whether frames are read through the ring. False after the kernel has shown that it is older than 6.4. */
  get readsThroughRing(): boolean {
    return this.#port.nowait;
  }

  /** The descriptor, for an event loop that waits for frames; -1 once closed. Borrowed. */
  get fd(): number {
    return this.#open ? this.#port.tap.fd : -1;
  }

  /** Bytes of the virtio-net header of this queue's frames. */
  get headerBytes(): number {
    return this.#port.tap.headerBytes;
  }

  /** Whether the last `receive` that asked the kernel reached the end of the queue. */
  get emptied(): boolean {
    return this.#emptied;
  }

  /**
   * Frames that came since this process attached and could not be handed out: cut, too short, or with an
   * impossible header.
   */
  get unusable(): number {
    return this.#port.counters[RX_ERRORS]!;
  }

  /** Frames that the kernel cut since this process attached, because they were longer than their buffers. */
  get truncated(): number {
    return this.#port.counters[RX_TRUNCATED]!;
  }

  /**
   * Fills `burst` with the frames that have arrived, without waiting, and counts them. Returns how many frames the burst
   * holds now: 0 if the queue is empty or its device was deleted. What the burst held before is gone.
   *
   * Takes no more than `framesMax` frames from the kernel, and often fewer than wait: the first bursts after a quiet time
   * are short. `emptied` says whether the queue was empty at the end.
   *
   * Throws a TypeError if the queue is closed, or the burst is disposed or of another device. Throws a SystemError if the
   * kernel has no resources for a transfer (EAGAIN, EBUSY) for a second.
   */
  receive(burst: FrameBurst, framesMax: number = burst.framesMax): number {
    this.#assertUsable(burst);
    // The reads overwrite what the burst held: if one throws, nothing of it may be sent.
    burst.clear();
    const { entries } = this.#port.ring.submission;
    const reads = Math.min(this.#readsAhead, framesMax, burst.framesMax, entries);
    if (!(reads > 0)) return 0;
    const received = this.#reading.read(burst, reads);
    this.#emptied = received < reads;
    this.#readsAhead = received === reads ? Math.min(reads * 2, burst.framesMax) : FIRST_BURST_FRAMES;
    burst.setCount(received);
    return received;
  }

  /** Counts `count` of the received frames as discarded on purpose. Throws a RangeError unless it is an integer from 0 on. */
  countDiscarded(count: number): void {
    if (!Number.isSafeInteger(count) || count < 0)
      throw new ArgumentRangeError(`cannot count ${count} frames: an integer from 0 on is wanted`);
    const { counters } = this.#port;
    counters[RX_DISCARDED] = counters[RX_DISCARDED]! + count;
  }

  /**
   * Sends all frames of `burst` in order, without waiting, in one call unless the ring has fewer entries, and counts them. Returns how many frames the kernel
   * took. `burst.results` says which, and why it refused the others. The burst keeps its frames.
   *
   * Throws what `receive` throws, a TypeError if the memory of an appended segment is disposed, and a RangeError if the
   * program wrote offsets or lengths outside of the memory for frames.
   *
   * @param retryable errnos (positive) with which the kernel may refuse a frame that the caller will send again: such a
   *   frame counts neither as sent nor as an error
   */
  send(burst: FrameBurst, retryable?: readonly number[]): number {
    this.#assertUsable(burst);
    burst.assertMapped();
    return this.#writing.write(burst, retryable);
  }

  /** Counts a frame that no burst has room for as an error: the kernel never saw it. */
  countRefused(): void {
    const { counters } = this.#port;
    counters[TX_TOO_LONG] = counters[TX_TOO_LONG]! + 1;
    counters[TX_ERRORS] = counters[TX_ERRORS]! + 1;
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    this.#port.counters = this.#port.counters.slice();
    this.#port.ring.unregisterFile(this.#port.fileSlot);
  }

  /** Throws unless the addresses of `burst` are mapped and belong to this ring: the kernel will use them. */
  #assertUsable(burst: FrameBurst): void {
    if (!this.#open) throw new ArgumentTypeError(`cannot use "queue ${this.number}": it is closed`);
    const isOurs = FrameBurst.livesIn(burst, this.#arena);
    if (isOurs && !burst.disposed) return;
    throw new ArgumentTypeError(`cannot use "burst": it is ${isOurs ? 'disposed' : 'of another device'}`);
  }
}

/**
 * Discards what waits in `queue`, at most `framesMax` frames, through `burst`. Returns how many frames it
 * discarded.
 */
export function discardWaiting(queue: TapQueue, burst: FrameBurst, framesMax: number): number {
  let discarded = 0;
  while (discarded < framesMax) {
    const count = queue.receive(burst, framesMax - discarded);
    if (count === 0) break;
    discarded += count;
  }
  queue.countDiscarded(discarded);
  burst.clear();
  return discarded;
}
