import { ArgumentRangeError } from '../../errors.js';
import type { VirtioNetHeader } from '../../packet/headers/virtio-net-header.js';
import { BurstHeaders } from './burst-headers.js';
import type { FrameArena } from './frame-arena.js';
import { assertInside } from './frame-places.js';
import type { HandedFrames } from './handed-frames.js';
import { JoinedFrames } from './joined-frames.js';
import { ReceiveSlots } from './receive-slots.js';
import { Refusals } from './refusals.js';
import { copyDestination, DESTINATION_BYTES, FRAME_SEGMENTS_MAX, SendChains } from './send-chains.js';
import { ViewCache } from './view-cache.js';

/**
 * Frames that are packed for sending begin at such multiples: a cache line, so that two frames share none.
 * Bytes.
 */
const ALIGNMENT = 64;

/**
 * Frames handled between two calls into the kernel: `TapQueue.receive` fills it, or the program appends
 * frames to send.
 *
 * The bytes live in the device's arena. What `frame()` returns is borrowed: it is valid until the burst is
 * filled or cleared again, or the device is closed. Any queue of its device may send a received burst as it
 * is, headers included. Nothing can be appended to a received burst before `clear`.
 */
export class FrameBurst implements Disposable {
  /** Most frames it carries. */
  readonly framesMax: number;
  /** Bytes of virtio-net header in front of each frame. */
  readonly headerBytes: number;
  /**
   * All of the arena. Frame `i` has `lengths[i]` bytes from `bytes[offsets[i]]` on. Hot paths read these
   * directly, unless the frame has several segments. After the device is closed the bytes are 0.
   */
  readonly bytes: Uint8Array;
  /** Byte of the arena where each frame begins (its header lies before it). */
  readonly offsets: Int32Array;
  /** Bytes of each frame, without header. */
  readonly lengths: Int32Array;
  /**
   * After `send`: 0 if the kernel took the frame, else a negative errno. EOPNOTSUPP if the frame asks for
   * work and the device has no virtio-net header to tell the kernel: such a frame is never sent.
   */
  readonly results: Int32Array;
  /** For a sending queue: writes `results`. @internal */
  readonly refusals: Refusals;
  /** Address of the arena in this process. @internal */
  readonly address: number;
  /**
   * When a receive loop took the burst: seconds since 1970, and nanoseconds within that second. 0 if no loop
   * did.
   */
  seconds = 0;
  nanoseconds = 0;
  /**
   * Iovecs of each frame that is sent or received by a chain of them; 0 for a frame in one piece. @internal
   */
  readonly chainCounts: Int32Array;
  /** For a receiving queue: where frames are received. @internal */
  readonly slots: ReceiveSlots;
  readonly #chainStarts: Int32Array;
  readonly #arena: FrameArena;
  readonly #forget: () => void;
  readonly #start: number;
  readonly #headers: BurstHeaders;
  readonly #sendChains: SendChains;
  readonly #frameViews: ViewCache;
  readonly #headerViews: ViewCache;
  readonly #joined = new JoinedFrames();
  #received = false;
  /** Whether `chainCounts` may hold a value other than 0. */
  #chained = false;
  /** The frames of another thread that it holds in place of its own. */
  #adopted: HandedFrames | undefined;
  #end: number;
  #count = 0;
  #appendAt: number;
  #disposed = false;

  /** `TapDevice.allocateBurst` makes bursts. `forget` is called when the burst is disposed. @internal */
  constructor(arena: FrameArena, headerBytes: number, forget: () => void = () => undefined) {
    this.#arena = arena;
    this.#forget = forget;
    this.framesMax = arena.framesPerBurst;
    this.#headers = new BurstHeaders(arena.memory.bytes, headerBytes, this.framesMax);
    this.#frameViews = new ViewCache(arena.memory.bytes, this.framesMax);
    this.#headerViews = new ViewCache(arena.memory.bytes, this.framesMax);
    this.#sendChains = new SendChains(arena.register, headerBytes, this.framesMax);
    this.#start = arena.take();
    this.#end = this.#start + arena.burstBytes;
    this.#appendAt = this.#start;
    this.headerBytes = headerBytes;
    this.bytes = arena.memory.bytes;
    this.address = arena.memory.address;
    this.offsets = new Int32Array(this.framesMax);
    this.lengths = new Int32Array(this.framesMax);
    this.refusals = new Refusals(this.framesMax);
    this.results = this.refusals.results;
    this.chainCounts = new Int32Array(this.framesMax);
    this.#chainStarts = new Int32Array(this.framesMax);
    try {
      this.slots = new ReceiveSlots(arena, this.#start, headerBytes);
    } catch (error) {
      arena.give(this.#start);
      throw error;
    }
  }

  /** Returns whether `burst` lives in `arena`. False for an object that is no burst, whatever it shows. @internal */
  static livesIn(burst: FrameBurst, arena: FrameArena): boolean {
    return #arena in burst && burst.#arena === arena;
  }

  /** Whether it was disposed, alone or with its device: it takes no more frames. */
  get disposed(): boolean {
    return this.#disposed;
  }

  /** Frames in it. */
  get count(): number {
    return this.#count;
  }

  /**
   * Returns frame `index` (0 to `count` - 1), whole and without header; borrowed.
   *
   * It is a view of a frame in one piece. It is a copy, made anew by each call, of a frame in several
   * segments: what is written to the copy is not sent.
   */
  frame(index: number): Uint8Array {
    this.#assertIndex(index);
    if (this.chainCounts[index] !== 0) return this.#joined.join(this, index);
    return this.#frameViews.at(index, this.offsets[index]!, this.lengths[index]!);
  }

  /**
   * Returns how many pieces frame `index` lies in: 1 unless its device receives in segments, or it was
   * appended in several.
   */
  segmentCount(index: number): number {
    this.#assertIndex(index);
    const count = this.chainCounts[index]!;
    if (count === 0) return 1;
    return this.#received ? count : count - this.#sendChains.headIovecs;
  }

  /** Returns piece `number` of frame `index`, in order from 0, without header: a view, borrowed. */
  segment(index: number, number: number): Uint8Array {
    const count = this.segmentCount(index);
    if (!(number >= 0 && number < count)) {
      throw new ArgumentRangeError(`cannot read segment ${number}: the frame has ${count}`);
    }
    if (this.chainCounts[index] === 0) return this.frame(index);
    if (this.#received) return this.#receivedSegment(index, number);
    return this.#sendChains.segment(this.#chainStarts[index]!, number);
  }

  /**
   * Returns the virtio-net header of frame `index`, `headerBytes` long; borrowed, and writable before `send`.
   */
  header(index: number): Uint8Array {
    this.#assertIndex(index);
    return this.#headerViews.at(index, this.offsets[index]! - this.headerBytes, this.headerBytes);
  }

  /**
   * Returns what the virtio-net header of frame `index` says about checksum and segmentation. Lengths and
   * offsets are in bytes from the Ethernet header on. The kernel wrote the header of a received frame. You
   * write that of a frame to send, before `send` (`prepareChecksum`, `requestSegmentation`). One cursor
   * serves all frames: it is borrowed until the next call.
   *
   * On a device without virtio-net header all fields are 0. `send` refuses a frame there that asks for work.
   * Source: include/uapi/linux/virtio_net.h, struct virtio_net_hdr.
   */
  facts(index: number): VirtioNetHeader {
    this.#assertIndex(index);
    return this.#headers.at(index, this.offsets[index]!);
  }

  /**
   * Copies `frame` in, behind a header of zeros: the kernel has nothing to finish. Returns false, and changes
   * nothing, if the burst has no room for it: send it first. A burst takes any frame that fits an empty one.
   */
  append(frame: Uint8Array): boolean {
    const at = this.#appendAt + this.headerBytes;
    if (this.#count === this.framesMax || at + frame.length > this.#end) return false;
    this.bytes.set(frame, at);
    this.#take(at, frame.length, frame.length);
    return true;
  }

  /**
   * Appends the frame of `length` bytes that begins at `bytes[offset]` and lies in the arena's store, with its header in front.
   * Nothing is copied. It must not change until `send` has returned. Returns false, and changes nothing, if the burst has as many
   * frames as it carries. @internal
   */
  appendStored(offset: number, length: number): boolean {
    const index = this.#count;
    if (index === this.framesMax || this.#appendAt > this.#end) return false;
    this.#headers.reset(index);
    this.offsets[index] = offset;
    this.lengths[index] = length;
    this.#count = index + 1;
    return true;
  }

  /**
   * Appends one frame that lies in several pieces of memory from `TapDevice.mapMemory`, or of received
   * frames. The pieces are sent from where they are, by one writev, together with the burst's other frames.
   * Their bytes must not change until `send` has returned. Returns false, and changes nothing, if the burst
   * has no room for it.
   *
   * Throws a TypeError for a piece in other memory, and a RangeError for none or more than FRAME_SEGMENTS_MAX
   * (1,023).
   */
  appendSegments(segments: readonly Uint8Array[]): boolean {
    if (segments.length === 0 || segments.length > FRAME_SEGMENTS_MAX) {
      throw new ArgumentRangeError(
        `cannot append a frame of ${segments.length} segments: 1 to ${FRAME_SEGMENTS_MAX} are possible`,
      );
    }
    const at = this.#appendAt + this.headerBytes;
    const room = this.#count < this.framesMax && at + DESTINATION_BYTES <= this.#end;
    if (!room || !this.#sendChains.hasRoomFor(segments.length)) return false;
    this.#sendChains.append(this.address + this.#appendAt, segments);
    this.#chained = true;
    this.chainCounts[this.#count] = this.#sendChains.headIovecs + segments.length;
    this.#chainStarts[this.#count] = this.#sendChains.start;
    copyDestination(segments, this.bytes, at);
    this.#take(at, DESTINATION_BYTES, this.#sendChains.frameBytes);
    return true;
  }

  /**
   * After `send`: returns the name of the errno with which the kernel refused frame `index`, or undefined if
   * it took it.
   */
  refusal(index: number): string | undefined {
    this.#assertIndex(index);
    return this.refusals.nameOf(index);
  }

  /** Empties it. */
  clear(): void {
    this.#empty();
    if (!this.#chained) return;
    this.#chained = false;
    this.chainCounts.fill(0);
  }

  /**
   * After `send`: keeps the frames that the kernel refused with one of `errnos` (positive), in their order,
   * and drops the others. Returns how many it keeps. Only for received frames.
   */
  keepRefused(errnos: readonly number[]): number {
    let kept = 0;
    for (let index = 0; index < this.#count; index++) {
      if (!errnos.includes(-this.results[index]!)) continue;
      this.offsets[kept] = this.offsets[index]!;
      this.lengths[kept] = this.lengths[index]!;
      this.chainCounts[kept] = this.chainCounts[index]!;
      this.#chainStarts[kept] = this.#chainStarts[index]!;
      this.#headers.reset(kept);
      kept += 1;
    }
    this.setCount(kept);
    return kept;
  }

  /** For a receiving queue: frame `index` lies in slot `slot` and has `length` bytes. @internal */
  setReceived(index: number, slot: number, length: number): void {
    const { slots } = this;
    this.offsets[index] = slots.offsetOf(slot) + this.headerBytes;
    this.lengths[index] = length;
    this.#headers.reset(index);
    if (slots.chainCount === 0) return;
    this.#chained = true;
    this.chainCounts[index] = slots.chainCountOf(length);
    this.#chainStarts[index] = slots.chainStart(slot);
  }

  /** For a receiving queue: the burst now holds `count` frames. Nothing is appended to what was received. @internal */
  setCount(count: number): void {
    if (count === 0) this.clear();
    else this.#empty();
    this.#count = count;
    this.#received = count > 0;
    if (count > 0) this.#appendAt = this.#end + 1;
  }

  /** Writes to `frames` which frames the burst has, so that another thread can `adopt` them. @internal */
  describe(frames: HandedFrames): void {
    frames.count = this.#count;
    frames.offsets.set(this.offsets);
    frames.lengths.set(this.lengths);
    frames.chainCounts.set(this.chainCounts);
    for (let index = 0; index < this.#count; index++)
      if (this.chainCounts[index]! > 0) frames.chainAddresses[index] = this.chainAddress(index);
  }

  /**
   * Holds the frames that a burst of another thread described, in place of its own. They lie in the memory of that burst,
   * headers included. @internal
   */
  adopt(frames: HandedFrames): void {
    this.clear();
    this.#count = frames.count;
    this.#appendAt = this.#end + 1;
    this.#adopted = frames;
    this.offsets.set(frames.offsets);
    this.lengths.set(frames.lengths);
    this.#chained = true;
    this.chainCounts.set(frames.chainCounts);
  }

  /** For a sending queue: returns the address of the iovecs of frame `index`, if it has any. @internal */
  chainAddress(index: number): number {
    if (this.#adopted !== undefined) return this.#adopted.chainAddresses[index]!;
    const start = this.#chainStarts[index]!;
    return this.#received ? this.slots.chainAddress(start) : this.#sendChains.addressOf(start);
  }

  /** For a sending queue: throws a TypeError if the memory of an appended segment is unmapped. @internal */
  assertMapped(): void {
    this.#sendChains.assertMapped();
  }

  /** For a sending queue: throws what `assertMapped` throws, and a RangeError if a frame lies outside of the arena. @internal */
  assertSendable(): void {
    this.assertMapped();
    for (let index = 0; index < this.#count; index++) assertInside(this, index);
  }

  /**
   * For a sending queue: returns whether frame `index` asks for work and has no header that tells the kernel.
   * @internal
   */
  needsHeader(index: number): boolean {
    return this.#headers.isNeeded(index);
  }

  /**
   * For a sending queue: with `trimmed`, ends the received chains where their frames end, so that they can be sent. Without, makes
   * them whole again. Throws a RangeError, and changes nothing, if the program has written a length that needs another chain.
   * @internal
   */
  trimChains(trimmed: boolean): void {
    const { slots, lengths, chainCounts } = this;
    if (!this.#received || slots.chainCount === 0) return;
    if (trimmed) for (let index = 0; index < this.#count; index++) assertInside(this, index, slots);
    for (let index = 0; index < this.#count; index++)
      if (chainCounts[index] !== 0) slots.trimChain(this.#chainStarts[index]!, lengths[index]!, trimmed);
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.clear();
    // From now on nothing fits: another burst may use the room.
    this.#end = -1;
    this.#sendChains[Symbol.dispose]();
    this.slots[Symbol.dispose]();
    this.#arena.give(this.#start);
    this.#forget();
  }

  #empty(): void {
    this.#count = 0;
    this.#appendAt = this.#start;
    this.#sendChains.clear();
    this.#received = false;
    this.#adopted = undefined;
  }

  /**
   * Makes the next frame begin at `at`, behind a header of zeros, with `heldBytes` of its `frameBytes` there.
   */
  #take(at: number, heldBytes: number, frameBytes: number): void {
    const index = this.#count;
    for (let byte = this.#appendAt; byte < at; byte++) this.bytes[byte] = 0; // `fill` takes ten times as long.
    this.#headers.reset(index);
    this.offsets[index] = at;
    this.lengths[index] = frameBytes;
    this.#count += 1;
    this.#appendAt = Math.ceil((at + heldBytes) / ALIGNMENT) * ALIGNMENT;
  }

  #receivedSegment(index: number, number: number): Uint8Array {
    const start = this.offsets[index]! + this.slots.segmentOffset(number);
    return this.bytes.subarray(start, start + this.slots.segmentLength(number, this.lengths[index]!));
  }

  #assertIndex(index: number): void {
    if (!(index >= 0 && index < this.#count)) {
      throw new ArgumentRangeError(`cannot read frame ${index}: the burst holds ${this.#count}`);
    }
  }
}
