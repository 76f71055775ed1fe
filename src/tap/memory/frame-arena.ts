import { ArgumentRangeError } from '../../errors.js';
import { MappedMemory } from '../../sys/mapped-memory.js';
import { viewAt } from '../../sys/pointer.js';
import type { Ring } from '../../uring/ring.js';
import { MemoryRegister } from './segment-memory.js';
import { SLOT_BYTES, SlotLayout } from './slot-layout.js';

/** Most memory for bursts in a process. Bytes. */
const ARENA_BYTES_MAX = 64 * 1024 * 1024;

/** Memory of an arena that belongs to no burst: bursts send frames from it without copying them. */
export interface FrameStore {
  /** All of the arena. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The byte of the arena where the store begins. */
  readonly start: number;
  /** The byte behind its last one. */
  readonly end: number;
}

/** An arena as one thread describes it to others. */
export interface ArenaShare {
  readonly address: number;
  readonly burstsMax: number;
  readonly burstFrames: number;
  readonly frameBytesMax: number;
  readonly storeBytes: number;
}

/** The memory of an arena, as `MappedMemory` is. */
type ArenaMemory = Pick<MappedMemory, 'address' | 'bytes'> & Disposable;

/**
 * The memory that frames live in while the kernel reads or writes them: one mapping, cut into bursts. A page
 * exists once it is touched, so that short frames take one of the seventeen pages of each slot.
 *
 * It is mapped and not a Buffer: the garbage collector would free a Buffer whose address the kernel still
 * has.
 *
 * Each slot of a burst has room for the largest frame that can arrive, whatever the MTU is, because the MTU
 * can grow while a queue is read. A thread needs one burst to receive into, not one for each queue. However
 * small the slots are, a burst has room to send one of the largest frames.
 */
export class FrameArena implements Disposable {
  readonly memory: ArenaMemory;
  /** Bursts that it has room for. */
  readonly burstsMax: number;
  readonly framesPerBurst: number;
  /** How receive buffers lie in it. */
  readonly slots: SlotLayout;
  /** This memory, and the other memory that the device's transfers may use. */
  readonly register = new MemoryRegister();
  /** Bytes of one burst. */
  readonly burstBytes: number;
  /** The memory behind the bursts. */
  readonly store: FrameStore;
  readonly #free: number[];
  #registered = false;

  private constructor(
    burstsMax: number,
    framesPerBurst: number,
    slots: SlotLayout,
    storeBytes: number,
    map: (byteCount: number) => ArenaMemory = (byteCount) => MappedMemory.anonymousOnDemand(byteCount),
  ) {
    this.burstsMax = burstsMax;
    this.framesPerBurst = framesPerBurst;
    this.slots = slots;
    this.burstBytes = Math.max(framesPerBurst * slots.slotBytes, SLOT_BYTES);
    const bytes = burstsMax * this.burstBytes;
    if (bytes > ARENA_BYTES_MAX) {
      throw new ArgumentRangeError(`cannot map ${bytes} bytes for frames: at most ${ARENA_BYTES_MAX}`);
    }
    this.#free = Array.from({ length: burstsMax }, (_, index) => burstsMax - 1 - index);
    this.memory = map(bytes + storeBytes);
    this.store = { bytes: this.memory.bytes, start: bytes, end: bytes + storeBytes };
    this.register.add(this.memory);
  }

  /** Maps room for `burstsMax` bursts of `framesPerBurst` frames, at most 64 MiB, and a store of `storeBytes`. */
  static open(
    burstsMax: number,
    framesPerBurst: number,
    slots: SlotLayout = new SlotLayout(),
    storeBytes = 0,
  ): FrameArena {
    return new FrameArena(burstsMax, framesPerBurst, slots, storeBytes);
  }

  /**
   * The arena of another thread, at `address`, in this thread, which owns none of it. That thread made it with the same
   * numbers, and keeps it until this thread has ended.
   */
  static borrow({ address, burstsMax, burstFrames, storeBytes }: ArenaShare, slots: SlotLayout): FrameArena {
    return new FrameArena(burstsMax, burstFrames, slots, storeBytes, (byteCount) => ({
      address,
      bytes: new Uint8Array(viewAt(BigInt(address), byteCount)),
      [Symbol.dispose]: () => {},
    }));
  }

  /** Whether transfers may use the registered buffer. Otherwise they use plain addresses. */
  get registered(): boolean {
    return this.#registered;
  }

  /**
   * Registers the memory with `ring`, if this user may lock that much. Close `ring` first.
   *
   * For comparison only: it keeps all pages in memory, short frames do not arrive sooner, and long ones
   * arrive later, because the kernel copies them page by page.
   */
  registerWith(ring: Ring): void {
    this.#registered = ring.registerBuffer(this.memory);
  }

  /** Reserves room for one burst. Returns the byte of the arena where it begins. */
  take(): number {
    const index = this.#free.pop();
    if (index === undefined)
      throw new ArgumentRangeError('cannot allocate a burst: the arena has no room for another one');
    return index * this.burstBytes;
  }

  /** Gives back what `take` reserved. */
  give(offset: number): void {
    this.#free.push(offset / this.burstBytes);
  }

  /** Unmaps the memory. Call it after the ring is closed: until then the kernel may hold the address. */
  [Symbol.dispose](): void {
    this.memory[Symbol.dispose]();
  }
}
