import { MappedMemory } from '../../sys/mapped-memory.js';
import { Ownership } from '../../sys/ownership.js';
import { RECEIVED_FRAME_BYTES_MAX, SLOT_BYTES } from '../../tap/memory/slot-layout.js';
import { IORING_OP_READ, IORING_OP_READ_FIXED, IOSQE_FIXED_FILE, sqeHead } from '../../uring/sqe.js';
import { FlightRing } from './flight-ring.js';
import { type FlightParts, ReadsInFlight } from './reads-in-flight.js';
import { type EngineParts, NOT_LOCKABLE, UnsupportedEngine } from './receive-engine.js';

/** How reads are posted. */
export interface PostedReadsOptions {
  /** Reads of each queue. */
  readonly depth: number;
  /** Whether their memory is registered with the ring. */
  readonly fixed: boolean;
}

/** As drivers do: a fixed number of reads is always posted in each queue. Each is posted again when it brought a frame. */
export class PostedReads extends ReadsInFlight {
  readonly #depth: number;
  readonly #readHead: number;
  /** Address of slot 0. */
  readonly #address: number;

  private constructor(parts: EngineParts, flight: FlightParts, { depth, fixed }: PostedReadsOptions) {
    super(parts, flight);
    this.#depth = depth;
    this.#readHead = sqeHead(fixed ? IORING_OP_READ_FIXED : IORING_OP_READ, IOSQE_FIXED_FILE);
    this.#address = flight.memory.address;
    for (let slot = 0; slot < depth * parts.taps.length; slot++) this.#post(slot);
  }

  /** Throws an UnsupportedEngine if the memory cannot be registered, or reads cannot be cancelled. */
  static open(parts: EngineParts, options: PostedReadsOptions): PostedReads {
    const reads = options.depth * parts.taps.length;
    const owned = new Ownership();
    try {
      const memory = owned.own(MappedMemory.anonymous(reads * SLOT_BYTES));
      const flights = owned.own(new FlightRing(reads, parts.wakeFd));
      if (options.fixed && !flights.ring.registerBuffer(memory)) throw new UnsupportedEngine(NOT_LOCKABLE);
      return new PostedReads(parts, { owned, flights, memory }, options);
    } catch (error) {
      owned[Symbol.dispose]();
      throw error;
    }
  }

  protected complete(slot: number, result: number): boolean {
    if (result > 0) this.deliver(Math.floor(slot / this.#depth), slot, result);
    if (!this.closing) this.#post(slot);
    return result > 0;
  }

  #post(slot: number): void {
    const queue = Math.floor(slot / this.#depth);
    const address = this.#address + slot * SLOT_BYTES;
    const length = this.parts.taps[queue]!.headerBytes + RECEIVED_FRAME_BYTES_MAX + 1;
    this.flights.launch(this.#readHead, this.files[queue]!, address, length, 0, slot);
  }
}
