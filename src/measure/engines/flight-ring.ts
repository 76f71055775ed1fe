import { canCancelAll, cancelAll } from '../../uring/cancellation.js';
import { POLLIN } from '../../uring/poll-ring.js';
import { Ring } from '../../uring/ring.js';
import { fillTransfer, IORING_OP_POLL_ADD, pollEventsWord, sqeHead } from '../../uring/sqe.js';
import { NOT_LOCKABLE, UnsupportedEngine } from './receive-engine.js';

const POLL_HEAD = sqeHead(IORING_OP_POLL_ADD, 0);
const READABLE = pollEventsWord(POLLIN);

/** Tags from here on belong to no read. */
export const READ_TAGS_END = 0xffff_ff00;
const WAKE = READ_TAGS_END;

/**
 * A ring whose transfers stay in flight while nothing comes, and a poll of the descriptor that ends the sleep. The
 * caller reports the last completion of each transfer with `landed`.
 */
export class FlightRing implements Disposable {
  readonly ring: Ring;
  #inFlight = 0;
  #open = true;

  /**
   * Throws an UnsupportedEngine if transfers could not be cancelled, or the kernel may not lock the memory for so many.
   * @param transfersMax most transfers at a time
   */
  constructor(transfersMax: number, wakeFd: number) {
    // Two more entries: the poll and a cancellation.
    const entries = 2 ** Math.ceil(Math.log2(transfersMax + 2));
    this.ring = Ring.open(entries);
    try {
      if (this.ring.submission.entries < entries) throw new UnsupportedEngine(NOT_LOCKABLE);
      if (!canCancelAll(this.ring)) throw new UnsupportedEngine('it needs Linux 5.19');
    } catch (error) {
      this.ring[Symbol.dispose]();
      throw error;
    }
    this.launch(POLL_HEAD, wakeFd, 0, 0, READABLE, WAKE);
  }

  /** Puts a transfer into the submission queue. Hot path: six numbers rather than an object. */
  launch(head: number, file: number, address: number, length: number, flags: number, tag: number): void {
    const { submission } = this.ring;
    fillTransfer(submission.words, submission.take(), head, file, address, length, flags, tag);
    this.#inFlight += 1;
  }

  /** Hands over what was launched, and sleeps until something completes. */
  wait(): void {
    this.ring.waitForCompletion();
  }

  /** Notes that the current completion is the last of its transfer. The completion of a cancellation is ignored. */
  landed(tag: number): void {
    if (tag <= WAKE) this.#inFlight -= 1;
  }

  /**
   * Cancels what is in flight. `reap` drains the completions. Throws a SystemError if the kernel keeps some of it.
   */
  land(reap: () => void): void {
    cancelAll(this.ring, () => {
      reap();
      return this.#inFlight === 0;
    });
  }

  /** Closes the ring. Nothing may be in flight. */
  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    this.ring[Symbol.dispose]();
  }
}
