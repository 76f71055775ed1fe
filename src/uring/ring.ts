import { ArgumentRangeError, ArgumentTypeError } from '../errors.js';
import { pauseThread } from '../sys/clock.js';
import { callError, errnoOf, isSystemError } from '../sys/errno.js';
import {
  callFiltered,
  IO_URING,
  isFiltered,
  LIBURING_SONAME,
  type Liburing,
  liburing,
  ringRefused,
} from '../sys/liburing.js';
import { MappedMemory } from '../sys/mapped-memory.js';
import { pointerAt, viewAt } from '../sys/pointer.js';
import { atThreadExit } from '../sys/thread-exit.js';
import { CompletionQueue } from './completion-queue.js';
import { CQE_SIZE } from './cqe.js';
import { encodeIovec, IOVEC_SIZE } from './iovec.js';
import { fillTransfer, IORING_OP_NOP, SQE_SIZE, sqeHead } from './sqe.js';
import { SubmissionQueue } from './submission-queue.js';

/** Most descriptors that a ring can hold as registered files: twice a TAP's 256 queues. */
export const RING_FILES_MAX = 512;

// Source: include/uapi/linux/io_uring.h
const IORING_FEAT_CQE_SKIP = 1 << 11;

const EINTR = errnoOf('EINTR');
const ENOMEM = errnoOf('ENOMEM');
const EBUSY = errnoOf('EBUSY');
const EAGAIN = errnoOf('EAGAIN');
const EOPNOTSUPP = errnoOf('EOPNOTSUPP');

/**
 * The kernel took nothing now, and may later: it was interrupted, has no memory for the request (EAGAIN), or holds
 * completions that found no room in their queue (EBUSY). Source: io_uring_enter(2).
 */
const RETRYABLE: readonly number[] = [0, -EINTR, -EBUSY, -EAGAIN];

/**
 * A ring of 64 entries locks two pages of 4 KiB, and one of fewer locks as many. This is what Node 22 and newer leave of a limit
 * of 64 KiB: they lock 14 pages for rings of their own (Linux 6.18).
 */
const LIMITED_ENTRIES_MIN = 64;

const NOP_HEAD = sqeHead(IORING_OP_NOP, 0);

/** How long a submission tries again. Then its caller gets an error. */
const RETRY_TIMEOUT_MS = 1_000;
const RETRY_PAUSE_MS = 1;

/**
 * An io_uring: a submission queue, a completion queue, and a table of registered files.
 *
 * It has default flags, so that any thread of the process may enter it. With SINGLE_ISSUER or DEFER_TASKRUN only the
 * thread that made it could. It must have nothing in flight when it is disposed. rtap's transfers never wait: they
 * are complete when `submit` returns.
 */
export class Ring implements Disposable {
  readonly submission: SubmissionQueue;
  readonly completion: CompletionQueue;
  /** Whether the kernel knows IOSQE_CQE_SKIP_SUCCESS: Linux 5.17. */
  readonly skipsSuccess: boolean;
  readonly #library: Liburing;
  readonly #struct: MappedMemory;
  readonly #pointer: bigint;
  readonly #files: (number | undefined)[] = [];
  readonly #threadExit: Disposable;
  #filesRegistered = false;
  #open = true;

  private constructor(library: Liburing, struct: MappedMemory) {
    this.#library = library;
    this.#struct = struct;
    this.#pointer = BigInt(struct.address);
    const field = (name: string) => pointerAt(struct.bytes, IO_URING.offsets[name]!);
    const word = (name: string) => new Uint32Array(viewAt(field(name), 4));
    const { buffer } = struct.bytes;
    const own = (name: string) => new Uint32Array(buffer, IO_URING.offsets[name]!, 1);
    const sqes = viewAt(field('sq.sqes'), (word('sq.kring_mask')[0]! + 1) * SQE_SIZE);
    const cqes = viewAt(field('cq.cqes'), (word('cq.kring_mask')[0]! + 1) * CQE_SIZE);
    this.submission = new SubmissionQueue(sqes, {
      tail: own('sq.sqe_tail'),
      shown: own('sq.sqe_head'),
      kernelTail: word('sq.ktail'),
    });
    this.completion = new CompletionQueue(cqes, word('cq.khead'), word('cq.ktail'));
    const [features = 0] = own('features');
    this.skipsSuccess = (features & IORING_FEAT_CQE_SKIP) !== 0;
    // A ring that is left behind keeps its registered files open: a queue that is attached and that no thread reads.
    this.#threadExit = atThreadExit(LIBURING_SONAME, 'io_uring_queue_exit', struct.address);
  }

  /**
   * Makes a ring of `entries` SQEs (a power of two) and twice as many CQEs. If the kernel may not lock the memory for so many, the
   * ring has fewer, but not fewer than 64: `submission.entries` tells how many. Throws an UnavailableError if liburing is
   * missing, io_uring is switched off, filtered or may not lock its memory, and a SystemError otherwise.
   */
  static open(entries: number): Ring {
    const library = liburing();
    const struct = MappedMemory.anonymous(IO_URING.size);
    try {
      const result = initQueue(library, BigInt(struct.address), entries);
      if (result < 0) throw ringRefused(-result);
    } catch (error) {
      struct[Symbol.dispose]();
      throw error;
    }
    const ring = Ring.#over(library, struct);
    try {
      ring.#assertUnfiltered();
      return ring;
    } catch (error) {
      ring[Symbol.dispose]();
      throw error;
    }
  }

  /** The ring of a struct io_uring that the kernel has filled. */
  static #over(library: Liburing, struct: MappedMemory): Ring {
    try {
      return new Ring(library, struct);
    } catch (error) {
      library.queueExit(BigInt(struct.address));
      struct[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * Hands all pending entries to the kernel, in one call unless it takes fewer. Returns how many it took.
   *
   * If the kernel takes no more for a second, returns how many it took before, or throws a SystemError (EAGAIN, EBUSY) if
   * it took none. The others stay pending. Meanwhile completions are moved out of the kernel's queue, in case it lacks room
   * there: the completion cursor still gives all of them, in order.
   */
  submit(): number {
    this.#assertOpen();
    const { submission } = this;
    const { pending } = submission;
    if (pending === 0) return 0;
    submission.publish();
    const taken = this.#library.submit(this.#pointer);
    if (taken !== pending) return this.#submitRest(pending, taken);
    submission.consume(taken);
    return taken;
  }

  /**
   * As `submit`, and takes back what the kernel did not take: for entries whose memory the caller uses again, whether they
   * were submitted or not.
   */
  submitOrWithdraw(): number {
    try {
      return this.submit();
    } finally {
      this.submission.withdraw();
    }
  }

  /**
   * Hands all pending entries to the kernel, and waits until at least one completion is there. A signal may end the wait
   * early. Throws a SystemError if the kernel has no resources for a second.
   */
  waitForCompletion(): void {
    this.#assertOpen();
    this.submission.publish();
    let deadline: number | undefined;
    for (;;) {
      // The kernel does not count the completions that were moved out of its queue.
      const wanted = this.completion.stashed > 0 ? 0 : 1;
      const result = this.#library.submitAndWait(this.#pointer, wanted);
      if (result >= 0) this.submission.consume(result);
      if (result >= 0 || result === -EINTR) return;
      deadline ??= performance.now() + RETRY_TIMEOUT_MS;
      if (!this.#mayRetry(result, deadline))
        throw callError({ action: 'wait for', object: 'io_uring' }, 'io_uring_submit_and_wait', -result);
    }
  }

  /** Moves the completion cursor to the next completion, and waits for it if it is not there yet. */
  nextCompletion(): void {
    const { completion } = this;
    while (!completion.next()) {
      // The kernel counts completions as waiting until they are given back.
      completion.release();
      this.waitForCompletion();
    }
  }

  /**
   * Registers `fd` and returns its slot, for SQEs with IOSQE_FIXED_FILE. The ring then keeps the open file alive:
   * call `unregisterFile` before the descriptor is closed. Throws a RangeError if all slots are used, and a
   * SystemError (EBADF) if `fd` is not open.
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

  /** Frees slot `slot`, and lets the ring's reference to the open file go. A second call does nothing. */
  unregisterFile(slot: number): void {
    if (!this.#open || this.#files[slot] === undefined) return;
    this.#updateFile(slot, -1);
    this.#files[slot] = undefined;
  }

  /**
   * Registers one region as buffer 0. Returns false if the kernel may not lock that much memory (ENOMEM, EPERM).
   * Throws a SystemError for other refusals.
   */
  registerBuffer(memory: Pick<MappedMemory, 'address' | 'bytes'>): boolean {
    this.#assertOpen();
    using iovec = MappedMemory.anonymous(IOVEC_SIZE);
    encodeIovec(iovec, 0, { address: memory.address, length: memory.bytes.byteLength });
    const result = this.#library.registerBuffers(this.#pointer, BigInt(iovec.address), 1);
    if (result >= 0) return true;
    if (result === -ENOMEM || result === -errnoOf('EPERM')) return false;
    throw callError({ action: 'register', object: 'buffers' }, 'io_uring_register_buffers', -result);
  }

  /**
   * Registers a ring of buffers, as `BufferRing` describes it in `registration`. The memory must outlive this ring.
   * Throws a SystemError: EOPNOTSUPP if liburing is older than 2.2, EINVAL if Linux is older than 5.19.
   */
  registerBufferRing(registration: MappedMemory): void {
    this.#assertOpen();
    const syscall = 'io_uring_register_buf_ring';
    const { registerBufferRing } = this.#library;
    const result = registerBufferRing?.(this.#pointer, BigInt(registration.address), 0) ?? -EOPNOTSUPP;
    if (result < 0) throw callError({ action: 'register', object: 'ring of buffers' }, syscall, -result);
  }

  /** Releases files and buffers, then the ring. A second call does nothing. */
  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    this.#threadExit[Symbol.dispose]();
    if (this.#filesRegistered) this.#library.unregisterFiles(this.#pointer);
    this.#library.queueExit(this.#pointer);
    this.#struct[Symbol.dispose]();
  }

  /** Goes on after a submission of `wanted` entries that ended with `first`: fewer, or a negative errno. */
  #submitRest(wanted: number, first: number): number {
    const deadline = performance.now() + RETRY_TIMEOUT_MS;
    let taken = 0;
    for (let result = first; ; result = this.#library.submit(this.#pointer)) {
      if (result > 0) {
        taken += result;
        this.submission.consume(result);
        if (taken >= wanted) return taken;
      } else if (!this.#mayRetry(result, deadline)) {
        if (taken > 0) return taken;
        throw callError(
          { action: 'submit to', object: 'io_uring' },
          'io_uring_submit',
          result === 0 ? EAGAIN : -result,
        );
      }
    }
  }

  /** Makes room for completions, or pauses, after the kernel answered `result`. Returns whether to ask it again. */
  #mayRetry(result: number, deadline: number): boolean {
    if (!RETRYABLE.includes(result) || performance.now() >= deadline) return false;
    if (this.completion.stash() === 0) pauseThread(RETRY_PAUSE_MS);
    return true;
  }

  /**
   * Tries the calls that come after io_uring_setup(2): a filter may refuse them alone, and a command should end before it has
   * taken a queue.
   */
  #assertUnfiltered(): void {
    // A ring without files answers ENXIO.
    const registration = this.#library.unregisterFiles(this.#pointer);
    if (isFiltered(-registration)) throw callFiltered('io_uring_register', -registration);
    const { submission, completion } = this;
    fillTransfer(submission.words, submission.take(), NOP_HEAD, -1, 0, 0, 0, 0);
    try {
      this.submit();
    } catch (error) {
      if (isSystemError(error) && isFiltered(error.errno)) throw callFiltered('io_uring_enter', error.errno);
      throw error;
    }
    this.nextCompletion();
    completion.release();
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

/** As io_uring_queue_init(3), with half of the entries again and again while the kernel may not lock their memory. */
function initQueue(library: Liburing, struct: bigint, entries: number): number {
  const result = library.queueInit(entries, struct, 0);
  return result === -ENOMEM && entries > LIMITED_ENTRIES_MIN
    ? initQueue(library, struct, entries / 2)
    : result;
}
