import { ArgumentTypeError } from '../../errors.js';
import { IovecTable, UIO_MAXIOV } from '../../uring/iovec-table.js';
import type { MemoryRegister } from './segment-memory.js';

/** Most segments of a frame to send: the iovecs of one transfer, less one for the header. */
export const FRAME_SEGMENTS_MAX = UIO_MAXIOV - 1;

/**
 * Bytes of a frame in several pieces that its burst copies behind the header: its destination, for the
 * counters.
 */
export const DESTINATION_BYTES = 6;

/**
 * Iovecs that the appended frames of a burst share: this many for each frame, and at least four times the
 * most segments.
 */
const FRAME_IOVECS = 128;
const IOVECS_MIN = 4 * UIO_MAXIOV;

/**
 * The iovecs of a burst's appended frames of several segments, each behind its virtio-net header, packed one
 * after the other. They are mapped when the first such frame comes.
 */
export class SendChains implements Disposable {
  readonly #register: MemoryRegister;
  readonly #headerBytes: number;
  readonly #iovecs: number;
  #table: IovecTable | undefined;
  #used = 0;
  #start = 0;
  #frameBytes = 0;
  /** `removals` of the register when the first chain was appended. */
  #removals = 0;

  /**
   * Borrows `register`, the memory that segments may lie in.
   *
   * @param framesMax most frames of the burst
   */
  constructor(register: MemoryRegister, headerBytes: number, framesMax: number) {
    this.#iovecs = Math.max(IOVECS_MIN, framesMax * FRAME_IOVECS);
    this.#register = register;
    this.#headerBytes = headerBytes;
  }

  /** Iovecs in front of a frame's segments: 1 for its header, 0 if the device has none. */
  get headIovecs(): number {
    return this.#headerBytes > 0 ? 1 : 0;
  }

  /** First iovec of the chain appended last. */
  get start(): number {
    return this.#start;
  }

  /** Bytes of the frame appended last. */
  get frameBytes(): number {
    return this.#frameBytes;
  }

  hasRoomFor(segmentCount: number): boolean {
    return this.#used + this.headIovecs + segmentCount <= this.#iovecs;
  }

  /**
   * Appends the chain of a frame: the header at `headerAddress`, then `segments`. There must be room. Throws
   * a TypeError, and appends nothing, if a segment is in memory that is not registered.
   */
  append(headerAddress: number, segments: readonly Uint8Array[]): void {
    const table = this.#tableOf();
    let iovec = this.#used;
    if (iovec === 0) this.#removals = this.#register.removals;
    if (this.#headerBytes > 0) {
      table.set(iovec, headerAddress, this.#headerBytes);
      iovec += 1;
    }
    let frameBytes = 0;
    for (let number = 0; number < segments.length; number++) {
      const segment = segments[number]!;
      const address = this.#register.addressOf(segment);
      if (address < 0) throw foreignSegment(number);
      const length = this.#register.lengthOf(segment);
      table.set(iovec, address, length);
      iovec += 1;
      frameBytes += length;
    }
    this.#start = this.#used;
    this.#used = iovec;
    this.#frameBytes = frameBytes;
  }

  /** Address of iovec `index`. */
  addressOf(index: number): number {
    return this.#tableOf().addressOf(index);
  }

  /** Returns segment `number` of the chain that begins at iovec `start`; borrowed. */
  segment(start: number, number: number): Uint8Array {
    const table = this.#tableOf();
    const iovec = start + this.headIovecs + number;
    const view = this.#register.view(table.baseOf(iovec), table.lengthOf(iovec));
    if (view === undefined)
      throw new ArgumentTypeError(`cannot read segment ${number}: its memory is disposed`);
    return view;
  }

  /**
   * Throws a TypeError if the memory of a segment was disposed: the kernel would read what is mapped there
   * now.
   */
  assertMapped(): void {
    if (this.#used === 0 || this.#removals === this.#register.removals) return;
    const table = this.#tableOf();
    for (let iovec = 0; iovec < this.#used; iovec++) {
      if (this.#register.view(table.baseOf(iovec), table.lengthOf(iovec)) === undefined) {
        throw new ArgumentTypeError('cannot send "burst": the memory of a segment is disposed');
      }
    }
  }

  /** Forgets all chains. */
  clear(): void {
    this.#used = 0;
  }

  [Symbol.dispose](): void {
    this.#table?.[Symbol.dispose]();
    this.#table = undefined;
    this.#used = this.#iovecs;
  }

  #tableOf(): IovecTable {
    this.#table ??= new IovecTable(this.#iovecs);
    return this.#table;
  }
}

function foreignSegment(number: number): TypeError {
  return new ArgumentTypeError(
    `cannot append segment ${number}: it is not in memory of this device's mapMemory; copy it there, or append the whole frame`,
  );
}

/**
 * Copies the destination address of the frame in `segments` to `bytes[at]`, or as much of it as the frame
 * has.
 */
export function copyDestination(segments: readonly Uint8Array[], bytes: Uint8Array, at: number): void {
  let held = 0;
  for (let number = 0; number < segments.length && held < DESTINATION_BYTES; number++) {
    const segment = segments[number]!;
    for (let from = 0; from < segment.length && held < DESTINATION_BYTES; from++) {
      bytes[at + held] = segment[from]!;
      held += 1;
    }
  }
}
