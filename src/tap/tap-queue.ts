import { errnoOf } from '../sys/errno.js';
import { c, unchecked } from '../sys/libc.js';
import type { Ring } from '../uring/ring.js';
import {
  fillTransfer,
  IORING_OP_READ,
  IORING_OP_READ_FIXED,
  IORING_OP_WRITE,
  IORING_OP_WRITE_FIXED,
  IOSQE_FIXED_FILE,
  RWF_NOWAIT,
  sqeHead,
} from '../uring/sqe.js';
import { type FrameArena, RECEIVED_FRAME_BYTES_MAX } from './frame-arena.js';
import type { FrameBurst } from './frame-burst.js';
import type { FrameQueue } from './frame-queue.js';
import {
  type QueueCounters,
  RX_BYTES,
  RX_DISCARDED,
  RX_ERRORS,
  RX_PACKETS,
  TX_BYTES,
  TX_ERRORS,
  TX_PACKETS,
} from './queue-counters.js';
import type { TapDescriptor } from './tap-descriptor.js';

const EAGAIN = errnoOf('EAGAIN');
const EBADFD = errnoOf('EBADFD');
const EOPNOTSUPP = errnoOf('EOPNOTSUPP');

/** Reads of the first burst after a quiet time; bursts double while they come back full. */
const FIRST_BURST_FRAMES = 4;

/** Header and the smallest thing worth calling a frame: an Ethernet header. */
const ETHERNET_HEADER_BYTES = 14;

/**
 * A queue behind a descriptor, a ring and an arena that its device owns.
 *
 * Hot path: state instead of exceptions, no allocation per frame, one call into the kernel per burst
 * (design, decisions 1 and 3). Every transfer carries RWF_NOWAIT, so it is complete when the submission returns:
 * nothing is ever in flight between two calls. Linux before 6.4 knows no such reads of a TUN descriptor; there
 * one read(2) at a time does the same.
 */
export class TapQueue implements FrameQueue {
  readonly number: number;
  readonly #ring: Ring;
  readonly #tap: TapDescriptor;
  readonly #counters: QueueCounters;
  readonly #arenaAddress: number;
  readonly #fileSlot: number;
  readonly #readHead: number;
  readonly #writeHead: number;
  readonly #readBytes: number;
  #nowait = true;
  #readsAhead = FIRST_BURST_FRAMES;
  #gone = false;
  #open = true;

  /** Borrows all it is given; registers the descriptor with the ring until disposed. */
  constructor(number: number, ring: Ring, arena: FrameArena, tap: TapDescriptor, counters: QueueCounters) {
    this.number = number;
    this.#ring = ring;
    this.#tap = tap;
    this.#counters = counters;
    this.#arenaAddress = arena.memory.address;
    this.#readHead = sqeHead(arena.registered ? IORING_OP_READ_FIXED : IORING_OP_READ, IOSQE_FIXED_FILE);
    this.#writeHead = sqeHead(arena.registered ? IORING_OP_WRITE_FIXED : IORING_OP_WRITE, IOSQE_FIXED_FILE);
    this.#readBytes = tap.headerBytes + RECEIVED_FRAME_BYTES_MAX + 1;
    this.#fileSlot = ring.registerFile(tap.fd);
  }

  get gone(): boolean {
    return this.#gone;
  }

  /** Whether frames are read through the ring: false once the kernel has shown that it is older than 6.4. */
  get readsThroughRing(): boolean {
    return this.#nowait;
  }

  /** The descriptor, for an event loop that waits for frames; -1 once closed. Borrowed. */
  get fd(): number {
    return this.#open ? this.#tap.fd : -1;
  }

  /** The virtio-net header of this queue's frames, in bytes. */
  get headerBytes(): number {
    return this.#tap.headerBytes;
  }

  receive(burst: FrameBurst, framesMax: number = burst.framesMax): number {
    this.#assertUsable(burst);
    const reads = Math.min(this.#readsAhead, framesMax, burst.framesMax);
    let received = 0;
    if (this.#nowait) received = this.#readBurst(burst, reads);
    // Not an else: the first burst may just have found out.
    if (!this.#nowait) received = this.#readPlainly(burst, reads);
    this.#readsAhead = received === reads ? Math.min(reads * 2, burst.framesMax) : FIRST_BURST_FRAMES;
    burst.setCount(received);
    return received;
  }

  /** Says that `count` of the received frames were thrown away on purpose. */
  countDiscarded(count: number): void {
    this.#counters[RX_DISCARDED] = this.#counters[RX_DISCARDED]! + count;
  }

  send(burst: FrameBurst): number {
    this.#assertUsable(burst);
    const wasNowait = this.#nowait;
    this.#submitWrites(burst);
    this.#reapWrites(burst);
    if (this.#nowait !== wasNowait) {
      // Linux before 6.4 refused all of them unread; O_NONBLOCK on the descriptor serves there.
      this.#submitWrites(burst);
      this.#reapWrites(burst);
    }
    return this.#countSent(burst);
  }

  /** Counts a frame that was refused before the kernel saw it. */
  countRefused(): void {
    this.#counters[TX_ERRORS] = this.#counters[TX_ERRORS]! + 1;
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    this.#ring.unregisterFile(this.#fileSlot);
  }

  #readBurst(burst: FrameBurst, reads: number): number {
    const { submission } = this.#ring;
    for (let slot = 0; slot < reads; slot++) {
      const address = burst.address + burst.slotOffset(slot);
      const entry = submission.take();
      fillTransfer(
        submission.words,
        entry,
        this.#readHead,
        this.#fileSlot,
        address,
        this.#readBytes,
        RWF_NOWAIT,
        slot,
      );
    }
    this.#ring.submit();
    return this.#reapReads(burst, reads);
  }

  #reapReads(burst: FrameBurst, reads: number): number {
    const { completion } = this.#ring;
    let received = 0;
    let bytes = 0;
    for (let reaped = 0; reaped < reads; ) {
      if (!completion.next()) {
        // The kernel counts as waiting what was not given back.
        completion.release();
        this.#ring.waitForCompletion();
        continue;
      }
      reaped += 1;
      const length = this.#frameLength(completion.result);
      if (length < 0) continue;
      burst.setReceived(received, completion.userData, length);
      received += 1;
      bytes += length;
    }
    completion.release();
    this.#countReceived(received, bytes);
    return received;
  }

  /** Linux before 6.4. */
  #readPlainly(burst: FrameBurst, reads: number): number {
    let received = 0;
    let bytes = 0;
    for (let slot = 0; slot < reads; slot++) {
      const address = BigInt(burst.address + burst.slotOffset(slot));
      const result = unchecked(() => c.read(this.#tap.fd, address, this.#readBytes));
      const length = this.#frameLength(result);
      if (result === -EAGAIN || this.#gone) break;
      if (length < 0) continue;
      burst.setReceived(received, slot, length);
      received += 1;
      bytes += length;
    }
    this.#countReceived(received, bytes);
    return received;
  }

  /** Length of the frame that a read gave, or -1 for none; counts what went wrong. */
  #frameLength(result: number): number {
    const length = result - this.#tap.headerBytes;
    if (length >= ETHERNET_HEADER_BYTES && result < this.#readBytes) return length;
    switch (result) {
      case -EAGAIN:
        break;
      case -EOPNOTSUPP:
        this.#nowait = false;
        break;
      case -EBADFD:
        this.#gone = true;
        break;
      default:
        this.#counters[RX_ERRORS] = this.#counters[RX_ERRORS]! + 1;
    }
    return -1;
  }

  #countReceived(frames: number, bytes: number): void {
    const counters = this.#counters;
    counters[RX_PACKETS] = counters[RX_PACKETS]! + frames;
    counters[RX_BYTES] = counters[RX_BYTES]! + bytes;
  }

  #submitWrites(burst: FrameBurst): void {
    const { submission } = this.#ring;
    const { count, headerBytes } = burst;
    const rwFlags = this.#nowait ? RWF_NOWAIT : 0;
    for (let index = 0; index < count; index++) {
      const address = burst.address + burst.offsets[index]! - headerBytes;
      const length = burst.lengths[index]! + headerBytes;
      const entry = submission.take();
      fillTransfer(submission.words, entry, this.#writeHead, this.#fileSlot, address, length, rwFlags, index);
    }
    this.#ring.submit();
  }

  #reapWrites(burst: FrameBurst): void {
    const { completion } = this.#ring;
    for (let reaped = 0; reaped < burst.count; ) {
      if (!completion.next()) {
        // The kernel counts as waiting what was not given back.
        completion.release();
        this.#ring.waitForCompletion();
        continue;
      }
      reaped += 1;
      const { result } = completion;
      burst.results[completion.userData] = Math.min(result, 0);
      if (result === -EBADFD) this.#gone = true;
      if (result === -EOPNOTSUPP) this.#nowait = false;
    }
    completion.release();
  }

  #countSent(burst: FrameBurst): number {
    const counters = this.#counters;
    let frames = 0;
    let bytes = 0;
    for (let index = 0; index < burst.count; index++) {
      if (burst.results[index] !== 0) continue;
      frames += 1;
      bytes += burst.lengths[index]!;
    }
    counters[TX_PACKETS] = counters[TX_PACKETS]! + frames;
    counters[TX_BYTES] = counters[TX_BYTES]! + bytes;
    counters[TX_ERRORS] = counters[TX_ERRORS]! + burst.count - frames;
    return frames;
  }

  /** The kernel is given addresses: they must be of memory that is there, and registered with this ring. */
  #assertUsable(burst: FrameBurst): void {
    if (!this.#open) throw new TypeError(`cannot use "queue ${this.number}": it is closed`);
    if (burst.disposed || burst.address !== this.#arenaAddress) {
      throw new TypeError(`cannot use "burst": it is ${burst.disposed ? 'disposed' : 'of another device'}`);
    }
  }
}
