import { MappedMemory } from '../../sys/mapped-memory.js';
import {
  BLOCK_FIRST_PKT,
  BLOCK_NUM_PKTS,
  BLOCK_OPENED_NSEC,
  BLOCK_OPENED_SEC,
  BLOCK_STATUS,
  FRAME_NEXT_OFFSET,
  FRAME_NSEC,
  FRAME_SEC,
} from '../../sys/packet-block.js';
import { TP_STATUS_KERNEL, TP_STATUS_USER } from '../../sys/packet-ring.js';
import type { RingSocket } from '../../sys/ring-socket.js';
import type { FrameOrder } from './frame-order.js';

const NANOSECONDS_PER_SECOND = 1_000_000_000;
/** The member of a block that belongs to no ring. */
const NO_MEMBER = -1;

/** The blocks of one socket's ring, and which of them this process has. */
interface Ring {
  /** Number of the first block. */
  readonly start: number;
  readonly blockCount: number;
  /** The block that the kernel hands over next, from 0 on. */
  next: number;
  /** Blocks that this process has not given back. */
  held: number;
}

/** How much memory the rings and the caller have. */
export interface WatchMemorySize {
  /** Of each block: a multiple of the page size. */
  readonly blockBytes: number;
  /** Most blocks of all rings together. */
  readonly blocksMax: number;
  /** Bytes at the beginning that belong to the caller. */
  readonly scratchBytes: number;
}

/**
 * The rings of several sockets in one region of memory, so that one view shows them all and a frame is known by the byte where
 * its header lies. Blocks have numbers: block `n` begins at byte `n * blockBytes`.
 *
 * Layout: scratch of the caller | ring | ring | …. The region is reserved as a whole. Pages of a ring replace its own.
 */
export class WatchMemory implements Disposable {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The same memory as numbers of 32 and 16 bits. */
  readonly words: Int32Array<ArrayBuffer>;
  readonly halves: Uint16Array<ArrayBuffer>;
  readonly #memory: MappedMemory;
  readonly #blockBytes: number;
  readonly #blocksPerByte: number;
  readonly #rings: Ring[] = [];
  /** For each block: the socket that it belongs to, and its frames that are not given back. */
  readonly #members: Int16Array;
  readonly #left: Int32Array;
  #nextBlock: number;
  /** Seconds since 1970 from which times are counted: a number of 53 bits then holds the nanoseconds of 104 days. */
  readonly #baseSeconds = Math.floor(Date.now() / 1000);

  constructor({ blockBytes, blocksMax, scratchBytes }: WatchMemorySize) {
    const scratchBlocks = Math.ceil(scratchBytes / blockBytes);
    const blockCount = scratchBlocks + blocksMax;
    this.#blockBytes = blockBytes;
    this.#blocksPerByte = 1 / blockBytes;
    this.#nextBlock = scratchBlocks;
    this.#members = new Int16Array(blockCount).fill(NO_MEMBER);
    this.#left = new Int32Array(blockCount);
    this.#memory = MappedMemory.anonymousOnDemand(blockCount * blockBytes);
    this.bytes = this.#memory.bytes;
    this.words = new Int32Array(this.bytes.buffer);
    this.halves = new Uint16Array(this.bytes.buffer);
  }

  get ringCount(): number {
    return this.#rings.length;
  }

  /** Whether a ring of `blockCount` blocks still fits. */
  hasRoomFor(blockCount: number): boolean {
    return (this.#nextBlock + blockCount) * this.#blockBytes <= this.bytes.length;
  }

  /** Maps the ring of `socket`, which is member `member` of its group. It has `blockCount` blocks. */
  addRing(socket: RingSocket, member: number, blockCount: number): void {
    const start = this.#nextBlock;
    socket.mapRing(this.#memory, start * this.#blockBytes, blockCount * this.#blockBytes);
    this.#members.fill(member, start, start + blockCount);
    this.#nextBlock += blockCount;
    this.#rings.push({ start, blockCount, next: 0, held: 0 });
  }

  /** The member of the group whose ring has the frame at `place`. */
  memberAt(place: number): number {
    return this.#members[this.blockAt(place)]!;
  }

  /** The block that has the frame at `place`. */
  blockAt(place: number): number {
    // A frame begins far enough from both ends of its block for the rounding, and a product takes less time than a quotient.
    return Math.floor(place * this.#blocksPerByte);
  }

  /** Takes over all blocks that the kernel has handed over, and adds their frames to `order`. */
  collect(order: FrameOrder): void {
    for (const ring of this.#rings) {
      while (ring.held < ring.blockCount) {
        const block = ring.start + ring.next;
        if (!this.#isHandedOver(block)) break;
        ring.next = (ring.next + 1) % ring.blockCount;
        ring.held += 1;
        this.#addFrames(block, order);
      }
    }
  }

  /** The share of its blocks, 0 to 1, that this process has of the ring that it has most of. */
  get pressure(): number {
    let most = 0;
    for (const { held, blockCount } of this.#rings) most = Math.max(most, held / blockCount);
    return most;
  }

  /**
   * When the kernel began to fill the oldest of the blocks that it is filling and that have frames, as `collect` counts time;
   * Infinity if no block has any. No frame that comes later is older, apart from one that is on its way into a block.
   */
  oldestOpen(): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const { start, next, held, blockCount } of this.#rings) {
      if (held === blockCount) continue;
      const word = ((start + next) * this.#blockBytes) >> 2;
      // The kernel stores the number of frames when it has stored the time: a block that is empty may have an old one.
      if (this.words[word + (BLOCK_NUM_PKTS >> 2)] === 0) continue;
      const seconds = this.words[word + (BLOCK_OPENED_SEC >> 2)]! >>> 0;
      oldest = Math.min(oldest, this.timeOf(seconds, this.words[word + (BLOCK_OPENED_NSEC >> 2)]!));
    }
    return oldest;
  }

  /** Seconds since 1970 and nanoseconds within, as `collect` counts time. */
  timeOf(seconds: number, nanoseconds: number): number {
    return (seconds - this.#baseSeconds) * NANOSECONDS_PER_SECOND + nanoseconds;
  }

  /** Stores a time that `collect` has counted as seconds since 1970 and nanoseconds within. */
  splitTime(
    time: number,
    { seconds, nanoseconds }: { readonly seconds: Float64Array; readonly nanoseconds: Int32Array },
    index: number,
  ): void {
    const whole = Math.floor(time / NANOSECONDS_PER_SECOND);
    seconds[index] = this.#baseSeconds + whole;
    nanoseconds[index] = time - whole * NANOSECONDS_PER_SECOND;
  }

  /** Gives the frames at the first `count` of `places` back. The kernel gets a block when all its frames are back. */
  release(places: Int32Array, count: number): void {
    for (let first = 0; first < count; ) {
      const block = this.blockAt(places[first]!);
      let next = first + 1;
      // Frames of one block mostly come one behind the other.
      while (next < count && this.blockAt(places[next]!) === block) next += 1;
      const left = this.#left[block]! - (next - first);
      this.#left[block] = left;
      if (left === 0) this.#giveBack(block);
      first = next;
    }
  }

  [Symbol.dispose](): void {
    this.#memory[Symbol.dispose]();
  }

  #isHandedOver(block: number): boolean {
    const status = Atomics.load(this.words, (block * this.#blockBytes + BLOCK_STATUS) >> 2);
    return (status & TP_STATUS_USER) !== 0;
  }

  #addFrames(block: number, order: FrameOrder): void {
    const { words } = this;
    const base = this.#baseSeconds;
    const start = block * this.#blockBytes;
    const count = words[(start + BLOCK_NUM_PKTS) >> 2]!;
    this.#left[block] = count;
    if (count === 0) this.#giveBack(block);
    order.reserve(count);
    const { times, places } = order;
    let at = order.end;
    let before = at > order.first ? times[at - 1]! : Number.NEGATIVE_INFINITY;
    let place = start + words[(start + BLOCK_FIRST_PKT) >> 2]!;
    let step = 0;
    for (const end = at + count; at < end; at++) {
      const word = place >> 2;
      const seconds = words[word + (FRAME_SEC >> 2)]! >>> 0;
      const time = (seconds - base) * NANOSECONDS_PER_SECOND + words[word + (FRAME_NSEC >> 2)]!;
      if (time < before) order.beginRun(at);
      before = time;
      times[at] = time;
      places[at] = place;
      // The processor predicts this branch, and so loads the next frame before this one has told where it lies.
      if (words[word + (FRAME_NEXT_OFFSET >> 2)] !== step) step = words[word + (FRAME_NEXT_OFFSET >> 2)]!;
      place += step;
    }
    order.end = at;
  }

  #giveBack(block: number): void {
    const word = (block * this.#blockBytes) >> 2;
    // So that `oldestOpen` does not count this block among those that the kernel is filling.
    this.words[word + (BLOCK_NUM_PKTS >> 2)] = 0;
    Atomics.store(this.words, word + (BLOCK_STATUS >> 2), TP_STATUS_KERNEL);
    this.#ringOf(block).held -= 1;
  }

  #ringOf(block: number): Ring {
    for (const ring of this.#rings) if (block < ring.start + ring.blockCount) return ring;
    throw new Error(`cannot give back block ${block}: it belongs to no ring`);
  }
}
