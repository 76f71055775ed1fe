import { Ring } from './ring.js';
import { fillTransfer, IORING_OP_WRITE, IOSQE_ASYNC, placeTransfer, sqeHead } from './sqe.js';

/** The ring carries one write at a time. A smaller ring would lock as much memory. */
const ENTRIES = 64;
const WRITE_HEAD = sqeHead(IORING_OP_WRITE, IOSQE_ASYNC);

/**
 * Writes to a file on a thread of the kernel, one write at a time, while the caller goes on. The memory that is written must stay as
 * it is, and the file open, until `poll` or `wait` has returned the result.
 */
export class FileWrite implements Disposable {
  readonly #ring = Ring.open(ENTRIES);
  #isBusy = false;

  /** Whether a write has begun whose result was not returned yet. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /**
   * Begins to write `length` bytes at `address` to byte `offset` of the file `fd`, whose own position does not move. Throws a
   * SystemError if the kernel has no resources.
   *
   * More than two positional parameters, as pwrite(2) has them.
   */
  begin(fd: number, address: number, length: number, offset: number): void {
    const { submission } = this.#ring;
    const entry = submission.take();
    fillTransfer(submission.words, entry, WRITE_HEAD, fd, address, length, 0, 0);
    placeTransfer(submission.words, entry, offset);
    this.#ring.submitOrWithdraw();
    this.#isBusy = true;
  }

  /** Returns how many bytes were written, or a negative errno; undefined if the write goes on. */
  poll(): number | undefined {
    const { completion } = this.#ring;
    if (!completion.next()) return undefined;
    return this.#take();
  }

  /** As `poll`, and waits for the end of the write. */
  wait(): number {
    this.#ring.nextCompletion();
    return this.#take();
  }

  /** Waits for the end of a write. A second call does nothing. */
  [Symbol.dispose](): void {
    try {
      if (this.#isBusy) this.wait();
    } finally {
      this.#ring[Symbol.dispose]();
    }
  }

  #take(): number {
    const { completion } = this.#ring;
    const { result } = completion;
    completion.release();
    this.#isBusy = false;
    return result;
  }
}
