import { ArgumentTypeError } from '../../errors.js';
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
import type { FrameBurst } from '../memory/frame-burst.js';
import type { FrameQueue } from './frame-queue.js';
import type { QueueDescriptor, QueuePort } from './queue-port.js';
import { QueueReading } from './queue-reading.js';
import { QueueWriting } from './queue-writing.js';

/** Reads of the first burst after a quiet time; bursts double while they come back full. */
const FIRST_BURST_FRAMES = 4;

/**
 * A queue behind a descriptor, a ring and an arena that its device owns.
 *
 * Hot path: state instead of exceptions, no allocation per frame, one call into the kernel per burst. Every transfer carries RWF_NOWAIT, so it is complete when the submission returns:
 * nothing is ever in flight between two calls. Linux before 6.4 knows no such reads of a TUN descriptor; there
 * one read(2) at a time does the same.
 */
export class TapQueue implements FrameQueue {
  readonly number: number;
  readonly #port: QueuePort;
  readonly #reading: QueueReading;
  readonly #writing: QueueWriting;
  readonly #arenaAddress: number;
  #readsAhead = FIRST_BURST_FRAMES;
  #emptied = false;
  #open = true;

  /** Borrows all it is given; registers the descriptor with the ring until disposed. */
  constructor(number: number, ring: Ring, arena: FrameArena, tap: QueueDescriptor, counters: QueueCounters) {
    this.number = number;
    this.#arenaAddress = arena.memory.address;
    const { registered } = arena;
    const fileSlot = ring.registerFile(tap.fd);
    this.#port = { ring, tap, counters, fileSlot, registered, nowait: true, gone: false };
    this.#reading = new QueueReading(this.#port, arena.slots.frameBytesMax);
    this.#writing = new QueueWriting(this.#port);
  }

  get gone(): boolean {
    return this.#port.gone;
  }

  /** Whether frames are read through the ring: false once the kernel has shown that it is older than 6.4. */
  get readsThroughRing(): boolean {
    return this.#port.nowait;
  }

  /** The descriptor, for an event loop that waits for frames; -1 once closed. Borrowed. */
  get fd(): number {
    return this.#open ? this.#port.tap.fd : -1;
  }

  /** The virtio-net header of this queue's frames, in bytes. */
  get headerBytes(): number {
    return this.#port.tap.headerBytes;
  }

  /** Whether the last `receive` that asked the kernel came to the end of the queue. */
  get emptied(): boolean {
    return this.#emptied;
  }

  /** Frames that came and could not be handed out, since this process attached: cut, too short, or of a wrong header. */
  get unusable(): number {
    return this.#port.counters[RX_ERRORS]!;
  }

  /** Frames that the kernel cut, as they were longer than their buffers, since this process attached. */
  get truncated(): number {
    return this.#port.counters[RX_TRUNCATED]!;
  }

  receive(burst: FrameBurst, framesMax: number = burst.framesMax): number {
    this.#assertUsable(burst);
    // What it held is overwritten from here on: nothing of it may be sent, should a read throw.
    burst.clear();
    const reads = Math.min(this.#readsAhead, framesMax, burst.framesMax);
    if (!(reads > 0)) return 0;
    const received = this.#reading.read(burst, reads);
    this.#emptied = received < reads;
    this.#readsAhead = received === reads ? Math.min(reads * 2, burst.framesMax) : FIRST_BURST_FRAMES;
    burst.setCount(received);
    return received;
  }

  /** Says that `count` of the received frames were thrown away on purpose. */
  countDiscarded(count: number): void {
    const { counters } = this.#port;
    counters[RX_DISCARDED] = counters[RX_DISCARDED]! + count;
  }

  /** @param passing what a frame may be refused with (errno) to be offered again by the caller: it is no error then */
  send(burst: FrameBurst, passing?: readonly number[]): number {
    this.#assertUsable(burst);
    burst.assertMapped();
    return this.#writing.write(burst, passing);
  }

  /** Counts a frame that no burst has room for: it was refused before the kernel saw it. */
  countRefused(): void {
    const { counters } = this.#port;
    counters[TX_TOO_LONG] = counters[TX_TOO_LONG]! + 1;
    counters[TX_ERRORS] = counters[TX_ERRORS]! + 1;
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    this.#port.ring.unregisterFile(this.#port.fileSlot);
  }

  /** The kernel is given addresses: they must be of memory that is there, and registered with this ring. */
  #assertUsable(burst: FrameBurst): void {
    if (!this.#open) throw new ArgumentTypeError(`cannot use "queue ${this.number}": it is closed`);
    if (burst.disposed || burst.address !== this.#arenaAddress) {
      throw new ArgumentTypeError(
        `cannot use "burst": it is ${burst.disposed ? 'disposed' : 'of another device'}`,
      );
    }
  }
}
