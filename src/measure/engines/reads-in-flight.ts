import type { MappedMemory } from '../../sys/mapped-memory.js';
import type { Ownership } from '../../sys/ownership.js';
import { SLOT_BYTES } from '../../tap/memory/slot-layout.js';
import { IORING_CQE_F_MORE } from '../../uring/cqe.js';
import { type FlightRing, READ_TAGS_END } from './flight-ring.js';
import type { EngineParts, ReceiveEngine } from './receive-engine.js';

/** What an engine of this kind is made of. */
export interface FlightParts {
  /** Owns the rest, and disposes the ring before the memory that its reads use. */
  readonly owned: Ownership;
  readonly flights: FlightRing;
  /** Slots of SLOT_BYTES that frames are read into. */
  readonly memory: MappedMemory;
}

/** An engine whose reads stay in flight while no frame comes: what posted reads and a multishot read share. */
export abstract class ReadsInFlight implements ReceiveEngine {
  protected readonly parts: EngineParts;
  protected readonly flights: FlightRing;
  /** The registered file of each queue. */
  protected readonly files: readonly number[];
  readonly #owned: Ownership;
  readonly #memory: MappedMemory;
  #closing = false;

  /** Registers the queues with the ring. Owns `owned` from its return on, not if it throws. */
  protected constructor(parts: EngineParts, { owned, flights, memory }: FlightParts) {
    this.parts = parts;
    this.flights = flights;
    this.files = parts.taps.map(({ fd }) => flights.ring.registerFile(fd));
    this.#owned = owned;
    this.#memory = memory;
  }

  turn(): void {
    this.flights.wait();
    this.reap();
  }

  drain(): boolean {
    this.flights.ring.submit();
    return this.reap() > 0;
  }

  /** Cancels all reads before the memory is unmapped. Frames that completions still bring are delivered. */
  [Symbol.dispose](): void {
    if (this.#closing) return;
    this.#closing = true;
    this.flights.land(() => this.reap());
    this.#owned[Symbol.dispose]();
  }

  /** Whether the engine is being disposed: no read is launched any more. */
  protected get closing(): boolean {
    return this.#closing;
  }

  /** Handles a completion of the read with `tag`. Returns whether it brought a frame. */
  protected abstract complete(tag: number, result: number, flags: number): boolean;

  /** Called after the last completion of a round. */
  protected settle(): void {}

  /** Handles all completions that are there. Returns how many frames they brought. */
  protected reap(): number {
    const { completion } = this.flights.ring;
    let frames = 0;
    while (completion.next()) {
      const { userData: tag, result, flags } = completion;
      if ((flags & IORING_CQE_F_MORE) === 0) this.flights.landed(tag);
      if (tag < READ_TAGS_END && this.complete(tag, result, flags)) frames += 1;
    }
    completion.release();
    this.settle();
    return frames;
  }

  /** Hands over the frame of `queue` that a read of `bytes` bytes left in slot `slot`. */
  protected deliver(queue: number, slot: number, bytes: number): void {
    const { headerBytes } = this.parts.taps[queue]!;
    if (bytes <= headerBytes) return;
    this.parts.taker.take(this.#memory.bytes, slot * SLOT_BYTES + headerBytes, bytes - headerBytes, queue);
  }
}
