import { errnoOf, isSystemError } from '../../sys/errno.js';
import { MappedMemory } from '../../sys/mapped-memory.js';
import { Ownership } from '../../sys/ownership.js';
import { SLOT_BYTES } from '../../tap/memory/slot-layout.js';
import { BufferRing } from '../../uring/buffer-ring.js';
import { IORING_CQE_BUFFER_SHIFT, IORING_CQE_F_BUFFER, IORING_CQE_F_MORE } from '../../uring/cqe.js';
import { IORING_OP_READ_MULTISHOT, IOSQE_BUFFER_SELECT, IOSQE_FIXED_FILE, sqeHead } from '../../uring/sqe.js';
import { FlightRing } from './flight-ring.js';
import { type FlightParts, ReadsInFlight } from './reads-in-flight.js';
import { type EngineParts, UnsupportedEngine } from './receive-engine.js';

const EINVAL = errnoOf('EINVAL');
const READ_HEAD = sqeHead(IORING_OP_READ_MULTISHOT, IOSQE_FIXED_FILE | IOSQE_BUFFER_SELECT);

/** One read a queue that completes again and again, each time into a buffer that the kernel chooses (Linux 6.7). */
export class MultishotReads extends ReadsInFlight {
  readonly #buffers: BufferRing;
  #unknown = false;

  private constructor(parts: EngineParts, flight: FlightParts, buffers: BufferRing) {
    super(parts, flight);
    this.#buffers = buffers;
    for (const queue of parts.taps.keys()) this.#start(queue);
  }

  /**
   * Throws an UnsupportedEngine if liburing or the kernel does not know such reads.
   *
   * @param bufferCount buffers that all queues share: a power of two
   */
  static open(parts: EngineParts, bufferCount: number): MultishotReads {
    const owned = new Ownership();
    let engine: MultishotReads;
    try {
      const memory = owned.own(MappedMemory.anonymous(bufferCount * SLOT_BYTES));
      const { address } = memory;
      const places = { address, strideBytes: SLOT_BYTES, bufferBytes: SLOT_BYTES, count: bufferCount };
      const buffers = owned.own(new BufferRing(places));
      // The completion queue has room: at most one completion for each buffer, and one more of each read.
      const flights = owned.own(new FlightRing(bufferCount + parts.taps.length, parts.wakeFd));
      register(buffers, flights);
      engine = new MultishotReads(parts, { owned, flights, memory }, buffers);
    } catch (error) {
      owned[Symbol.dispose]();
      throw error;
    }
    engine.#assertKnown();
    return engine;
  }

  protected complete(queue: number, result: number, flags: number): boolean {
    const hasBuffer = (flags & IORING_CQE_F_BUFFER) !== 0;
    if (hasBuffer) {
      const buffer = flags >>> IORING_CQE_BUFFER_SHIFT;
      this.deliver(queue, buffer, result);
      this.#buffers.give(buffer);
    }
    if (result === -EINVAL) this.#unknown = true;
    // The read ends when no buffer is left. `settle` gives back those of this round before it is submitted again.
    else if ((flags & IORING_CQE_F_MORE) === 0 && !this.closing) this.#start(queue);
    return hasBuffer;
  }

  protected override settle(): void {
    this.#buffers.publish();
    if (this.#unknown && !this.closing) throw new UnsupportedEngine('it needs Linux 6.7');
  }

  /** A kernel that does not know such reads completes them at once with EINVAL. */
  #assertKnown(): void {
    try {
      this.drain();
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  #start(queue: number): void {
    this.flights.launch(READ_HEAD, this.files[queue]!, 0, 0, 0, queue);
  }
}

function register(buffers: BufferRing, { ring }: FlightRing): void {
  try {
    buffers.registerWith(ring);
  } catch (error) {
    if (isSystemError(error, 'EOPNOTSUPP')) throw new UnsupportedEngine('it needs liburing 2.2');
    if (isSystemError(error, 'EINVAL')) throw new UnsupportedEngine('it needs Linux 6.7');
    throw error;
  }
}
