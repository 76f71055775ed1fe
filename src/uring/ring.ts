import { ArgumentRangeError, ArgumentTypeError } from '../errors.js';
import { callError, errnoOf } from '../sys/errno.js';
import { IO_URING, type Liburing, liburing, ringRefused } from '../sys/liburing.js';
import { MappedMemory } from '../sys/mapped-memory.js';
import { pointerAt, viewAt } from '../sys/pointer.js';
import { CompletionQueue } from './completion-queue.js';
import { CQE_SIZE } from './cqe.js';
import { encodeIovec, IOVEC_SIZE } from './iovec.js';
import { SQE_SIZE } from './sqe.js';
import { SubmissionQueue } from './submission-queue.js';

/** Most descriptors a ring can hold as registered files: a TAP's 256 queues twice over. */
export const RING_FILES_MAX = 512;

// Source: include/uapi/linux/io_uring.h
const IORING_FEAT_CQE_SKIP = 1 << 11;

const EINTR = errnoOf('EINTR');
const EBUSY = errnoOf('EBUSY');
const EAGAIN = errnoOf('EAGAIN');
const EOPNOTSUPP = errnoOf('EOPNOTSUPP');

/**
 * An io_uring: a submission queue, a completion queue, and a table of registered files.
 *
 * Made with default flags, so that any thread of the process may enter it (design, decision 4).
 * Nothing may be in flight when it is disposed: rtap's transfers never wait, so each `submit` returns
 * with all of them completed.
 */
export class Ring implements Disposable {
  readonly submission: SubmissionQueue;
  readonly completion: CompletionQueue;
  /** Whether IOSQE_CQE_SKIP_SUCCESS is known: Linux 5.17. */
  readonly skipsSuccess: boolean;
  readonly #library: Liburing;
  readonly #struct: MappedMemory;
  readonly #pointer: bigint;
  readonly #files: (number | undefined)[] = [];
  #filesRegistered = false;
  #open = true;

  private constructor(library: Liburing, struct: MappedMemory) {
    this.#library = library;
    this.#struct = struct;
    this.#pointer = BigInt(struct.address);
    const field = (name: string) => pointerAt(struct.bytes, IO_URING.offsets[name]!);
    const word = (name: string) => new Uint32Array(viewAt(field(name), 4));
    const { buffer } = struct.bytes;
    const tail = new Uint32Array(buffer, IO_URING.offsets['sq.sqe_tail']!, 1);
    const sqes = viewAt(field('sq.sqes'), (word('sq.kring_mask')[0]! + 1) * SQE_SIZE);
    const cqes = viewAt(field('cq.cqes'), (word('cq.kring_mask')[0]! + 1) * CQE_SIZE);
    this.submission = new SubmissionQueue(sqes, tail);
    this.completion = new CompletionQueue(cqes, word('cq.khead'), word('cq.ktail'));
    const [features = 0] = new Uint32Array(buffer, IO_URING.offsets.features!, 1);
    this.skipsSuccess = (features & IORING_FEAT_CQE_SKIP) !== 0;
  }

  /**
   * Makes a ring of `entries` SQEs (a power of two) and twice as many CQEs.
   * Throws an UnavailableError where liburing is missing or io_uring is switched off, else a SystemError.
   */
  static open(entries: number): Ring {
    const library = liburing();
    const struct = MappedMemory.anonymous(IO_URING.size);
    try {
      const result = library.queueInit(entries, BigInt(struct.address), 0);
      if (result < 0) throw ringRefused(-result);
    } catch (error) {
      struct[Symbol.dispose]();
      throw error;
    }
    try {
      return new Ring(library, struct);
    } catch (error) {
      library.queueExit(BigInt(struct.address));
      struct[Symbol.dispose]();
      throw error;
    }
  }

  /** Hands everything that was taken from the submission queue to the kernel: one call. Returns how many it took. */
  submit(): number {
    this.#assertOpen();
    const wanted = this.submission.pending;
    this.submission.publish();
    let taken = 0;
    // The kernel stops early when it is interrupted or short of memory; what is left stays in the queue.
    while (taken < wanted) {
      const result = this.#library.submit(this.#pointer);
      if (result > 0) taken += result;
      else if (result !== -EINTR && result !== -EBUSY && result !== -EAGAIN) {
        throw callError({ action: 'submit to', object: 'io_uring' }, 'io_uring_submit', -result);
      }
    }
    return taken;
  }

  /** Waits until at least one completion is there. */
  waitForCompletion(): void {
    this.#assertOpen();
    const result = this.#library.submitAndWait(this.#pointer, 1);
    if (result < 0 && result !== -EINTR) {
      throw callError({ action: 'wait for', object: 'io_uring' }, 'io_uring_submit_and_wait', -result);
    }
  }

  /**
   * Registers `fd` and returns its slot, for SQEs with IOSQE_FIXED_FILE. The ring then keeps the open file alive:
   * call `unregisterFile` before the descriptor is closed.
   */
  registerFile(fd: number): number {
    this.#assertOpen();
    if (!this.#filesRegistered) this.#registerTable();
    const free = this.#files.indexOf(undefined);
    const slot = free < 0 ? this.#files.length : free;
    if (slot >= RING_FILES_MAX)
      throw new ArgumentRangeError(`cannot register file ${fd}: a ring holds ${RING_FILES_MAX}`);
    this.#updateFile(slot, fd);
    this.#files[slot] = fd;
    return slot;
  }

  unregisterFile(slot: number): void {
    if (!this.#open || this.#files[slot] === undefined) return;
    this.#updateFile(slot, -1);
    this.#files[slot] = undefined;
  }

  /** Registers one region as buffer 0; false where the kernel may not lock that much memory. */
  registerBuffer(memory: MappedMemory): boolean {
    this.#assertOpen();
    using iovec = MappedMemory.anonymous(IOVEC_SIZE);
    encodeIovec(iovec, 0, { address: memory.address, length: memory.bytes.byteLength });
    const result = this.#library.registerBuffers(this.#pointer, BigInt(iovec.address), 1);
    if (result >= 0) return true;
    if (result === -errnoOf('ENOMEM') || result === -errnoOf('EPERM')) return false;
    throw callError({ action: 'register', object: 'buffers' }, 'io_uring_register_buffers', -result);
  }

  /**
   * Registers a ring of buffers, as `BufferRing` describes it in `registration`; the memory must outlive this ring.
   * Throws a SystemError: EOPNOTSUPP where liburing is older than 2.2, EINVAL where Linux is older than 5.19.
   */
  registerBufferRing(registration: MappedMemory): void {
    this.#assertOpen();
    const syscall = 'io_uring_register_buf_ring';
    const { registerBufferRing } = this.#library;
    const result = registerBufferRing?.(this.#pointer, BigInt(registration.address), 0) ?? -EOPNOTSUPP;
    if (result < 0) throw callError({ action: 'register', object: 'ring of buffers' }, syscall, -result);
  }

  /** Gives up files and buffers, then the ring. A second call does nothing. */
  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    if (this.#filesRegistered) this.#library.unregisterFiles(this.#pointer);
    this.#library.queueExit(this.#pointer);
    this.#struct[Symbol.dispose]();
  }

  #registerTable(): void {
    const empty = new Int32Array(RING_FILES_MAX).fill(-1);
    const result = this.#library.registerFiles(this.#pointer, empty, RING_FILES_MAX);
    if (result < 0)
      throw callError({ action: 'register', object: 'files' }, 'io_uring_register_files', -result);
    this.#filesRegistered = true;
  }

  #updateFile(slot: number, fd: number): void {
    const result = this.#library.registerFilesUpdate(this.#pointer, slot, Int32Array.of(fd), 1);
    if (result < 0)
      throw callError({ action: 'register', object: 'file' }, 'io_uring_register_files_update', -result);
  }

  #assertOpen(): void {
    if (!this.#open) throw new ArgumentTypeError('cannot use "ring": it is closed');
  }
}
