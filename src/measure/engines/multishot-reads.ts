import { errnoOf, isSystemError } from '../../sys/errno.js';
import { MappedMemory } from '../../sys/mapped-memory.js';
import { Ownership } from '../../sys/ownership.js';
import { SLOT_BYTES } from '../../tap/memory/slot-layout.js';
import { BufferRing } from '../../uring/buffer-ring.js';
import { IORING_CQE_BUFFER_SHIFT, IORING_CQE_F_BUFFER, IORING_CQE_F_MORE } from '../../uring/cqe.js';
import { IORING_OP_READ_MULTISHOT, IOSQE_BUFFER_SELECT, IOSQE_FIXED_FILE, sqeHead } from '../../uring/sqe.js';
import { FlightRing, READ_TAGS_END } from './flight-ring.js';
import { type EngineParts, type ReceiveEngine, UnsupportedEngine } from './receive-engine.js';

const EINVAL = errnoOf('EINVAL');
const READ_HEAD = sqeHead(IORING_OP_READ_MULTISHOT, IOSQE_FIXED_FILE | IOSQE_BUFFER_SELECT);

/** One read a queue that completes again and again, each time into a buffer of the kernel's choice (Linux 6.7). */
export class MultishotReads implements ReceiveEngine {
  readonly #parts: EngineParts;
  readonly #memory: MappedMemory;
  readonly #flights: FlightRing;
  readonly #buffers: BufferRing;
  readonly #files: readonly number[];
  readonly #owned = new Ownership();
  #closing = false;
  #open = true;

  /** @param bufferCount buffers that all queues share: a power of two */
  constructor(parts: EngineParts, bufferCount: number) {
    this.#parts = parts;
    try {
      this.#memory = this.#owned.own(MappedMemory.anonymous(bufferCount * SLOT_BYTES));
      const { address } = this.#memory;
      const places = { address, strideBytes: SLOT_BYTES, bufferBytes: SLOT_BYTES, count: bufferCount };
      this.#buffers = this.#owned.own(new BufferRing(places));
      // Completions find room: there are no more than buffers, and one more of each read.
      this.#flights = this.#owned.own(new FlightRing(bufferCount + parts.taps.length, parts.wakeFd));
      register(this.#buffers, this.#flights);
      this.#files = parts.taps.map(({ fd }) => this.#flights.ring.registerFile(fd));
    } catch (error) {
      this.#owned[Symbol.dispose]();
      throw error;
    }
    for (const queue of parts.taps.keys()) this.#start(queue);
    this.#assertKnown();
  }

  turn(): void {
    this.#flights.wait();
    this.#reap();
  }

  drain(): boolean {
    this.#flights.ring.submit();
    return this.#reap() > 0;
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    this.#closing = true;
    this.#flights.land(() => this.#reap());
    this.#owned[Symbol.dispose]();
  }

  /** A kernel that knows no such read says so at once. */
  #assertKnown(): void {
    try {
      this.#flights.ring.submit();
      this.#reap();
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** Returns how many frames came. */
  #reap(): number {
    const { completion } = this.#flights.ring;
    let frames = 0;
    let unknown = false;
    while (completion.next()) {
      const tag = completion.userData;
      const { flags, result } = completion;
      const more = (flags & IORING_CQE_F_MORE) !== 0;
      if (!more) this.#flights.landed(tag);
      if (tag >= READ_TAGS_END) continue;
      if ((flags & IORING_CQE_F_BUFFER) !== 0) {
        frames += 1;
        this.#take(tag, flags >>> IORING_CQE_BUFFER_SHIFT, result);
      }
      if (result === -EINVAL) unknown = true;
      // It ends when no buffer is left; those of this round are given back before it is asked again.
      else if (!more && !this.#closing) this.#start(tag);
    }
    completion.release();
    this.#buffers.publish();
    if (unknown && !this.#closing) throw new UnsupportedEngine('it takes Linux 6.7');
    return frames;
  }

  #take(queue: number, buffer: number, bytes: number): void {
    const { headerBytes } = this.#parts.taps[queue]!;
    if (bytes > headerBytes) {
      const at = buffer * SLOT_BYTES + headerBytes;
      this.#parts.taker.take(this.#memory.bytes, at, bytes - headerBytes, queue);
    }
    this.#buffers.give(buffer);
  }

  #start(queue: number): void {
    this.#flights.launch(READ_HEAD, this.#files[queue]!, 0, 0, 0, queue);
  }
}

function register(buffers: BufferRing, { ring }: FlightRing): void {
  try {
    buffers.registerWith(ring);
  } catch (error) {
    if (isSystemError(error, 'EOPNOTSUPP')) throw new UnsupportedEngine('it takes liburing 2.2');
    if (isSystemError(error, 'EINVAL')) throw new UnsupportedEngine('it takes Linux 6.7');
    throw error;
  }
}
