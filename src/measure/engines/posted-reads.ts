import { MappedMemory } from '../../sys/mapped-memory.js';
import { Ownership } from '../../sys/ownership.js';
import { RECEIVED_FRAME_BYTES_MAX, SLOT_BYTES } from '../../tap/memory/slot-layout.js';
import { IORING_OP_READ, IORING_OP_READ_FIXED, IOSQE_FIXED_FILE, sqeHead } from '../../uring/sqe.js';
import { FlightRing, READ_TAGS_END } from './flight-ring.js';
import { type EngineParts, NOT_LOCKABLE, type ReceiveEngine, UnsupportedEngine } from './receive-engine.js';

/** As drivers do: so many reads always lie posted in each queue, each again when it has brought a frame. */
export class PostedReads implements ReceiveEngine {
  readonly #parts: EngineParts;
  readonly #depth: number;
  readonly #memory: MappedMemory;
  readonly #flights: FlightRing;
  readonly #readHead: number;
  readonly #files: readonly number[];
  readonly #owned = new Ownership();
  #closing = false;
  #open = true;

  /** @param depth reads of each queue; `fixed`: their memory is registered with the ring */
  constructor(parts: EngineParts, { depth, fixed }: { readonly depth: number; readonly fixed: boolean }) {
    this.#parts = parts;
    this.#depth = depth;
    const reads = depth * parts.taps.length;
    try {
      this.#memory = this.#owned.own(MappedMemory.anonymous(reads * SLOT_BYTES));
      this.#flights = this.#owned.own(new FlightRing(reads, parts.wakeFd));
      const { ring } = this.#flights;
      if (fixed && !ring.registerBuffer(this.#memory)) throw new UnsupportedEngine(NOT_LOCKABLE);
      this.#readHead = sqeHead(fixed ? IORING_OP_READ_FIXED : IORING_OP_READ, IOSQE_FIXED_FILE);
      this.#files = parts.taps.map(({ fd }) => ring.registerFile(fd));
    } catch (error) {
      this.#owned[Symbol.dispose]();
      throw error;
    }
    for (let slot = 0; slot < reads; slot++) this.#post(slot);
  }

  turn(): void {
    this.#flights.wait();
    this.#reap();
  }

  drain(): boolean {
    this.#flights.ring.submit();
    return this.#reap() > 0;
  }

  /** Nothing may be in flight when the memory goes: what a late completion brings counts, too. */
  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    this.#closing = true;
    this.#flights.land(() => this.#reap());
    this.#owned[Symbol.dispose]();
  }

  /** Returns how many frames came. */
  #reap(): number {
    const { completion } = this.#flights.ring;
    let frames = 0;
    while (completion.next()) {
      const tag = completion.userData;
      this.#flights.landed(tag);
      if (tag >= READ_TAGS_END) continue;
      if (completion.result > 0) {
        frames += 1;
        this.#take(tag, completion.result);
      }
      if (!this.#closing) this.#post(tag);
    }
    completion.release();
    return frames;
  }

  #take(slot: number, bytes: number): void {
    const queue = Math.floor(slot / this.#depth);
    const { headerBytes } = this.#parts.taps[queue]!;
    const at = slot * SLOT_BYTES + headerBytes;
    this.#parts.taker.take(this.#memory.bytes, at, bytes - headerBytes, queue);
  }

  #post(slot: number): void {
    const queue = Math.floor(slot / this.#depth);
    const address = this.#memory.address + slot * SLOT_BYTES;
    const length = this.#parts.taps[queue]!.headerBytes + RECEIVED_FRAME_BYTES_MAX + 1;
    this.#flights.launch(this.#readHead, this.#files[queue]!, address, length, 0, slot);
  }
}
