import { Ring } from './ring.js';
import { fillTransfer, IORING_OP_POLL_ADD, IORING_OP_POLL_REMOVE, pollEventsWord, sqeHead } from './sqe.js';

// Source: include/uapi/asm-generic/poll.h
export const POLLIN = 1;

const POLL_HEAD = sqeHead(IORING_OP_POLL_ADD, 0);
const REMOVE_HEAD = sqeHead(IORING_OP_POLL_REMOVE, 0);
const READABLE = pollEventsWord(POLLIN);

/**
 * The tag of the completions that end polls. No descriptor has it. V8 keeps a larger number in another form, and would compile
 * `next` again for it.
 */
const ENDING = 0x3fff_ffff;

/**
 * A ring that carries only polls: a thread that has nothing else to do sleeps in it. A poll of a descriptor completes
 * once, and is armed again by the caller. If the descriptor is readable already, the poll completes at once.
 *
 * A thread sleeps here, and not in its event loop, because it then needs no eventfd on the ring: with DEFER_TASKRUN
 * wake-ups through one were lost (Linux 6.18).
 */
export class PollRing implements Disposable {
  readonly #ring: Ring;
  /** 1 for each tag whose poll is armed. */
  readonly #armed: Uint8Array;
  #armedCount = 0;
  #open = true;

  /** @param pollsMax most polls that are armed at a time, with tags below this number: all of them may complete at once */
  constructor(pollsMax: number) {
    this.#armed = new Uint8Array(pollsMax);
    this.#ring = Ring.open(2 ** Math.ceil(Math.log2(pollsMax)));
  }

  /**
   * Polls `fd` until it is readable or its device is gone. `next` returns `tag` then: a small integer, of which no
   * poll is armed yet. The kernel gets the poll with the next `submit` or `wait`.
   */
  arm(fd: number, tag: number): void {
    this.#take(POLL_HEAD, fd, 0, READABLE, tag);
    this.#armed[tag] = 1;
    this.#armedCount += 1;
  }

  /** Hands armed polls to the kernel, and does not sleep. Makes no call if there are none. */
  submit(): void {
    if (this.#ring.submission.pending > 0) this.#ring.submit();
  }

  /** Hands armed polls to the kernel, and sleeps until one completes. A signal may end the sleep early. */
  wait(): void {
    this.#ring.waitForCompletion();
  }

  /** Returns the tag of the next descriptor whose poll has completed, or -1 if there is none. */
  next(): number {
    const { completion } = this.#ring;
    while (completion.next()) {
      const tag = completion.userData;
      if (tag === ENDING) continue;
      this.#armed[tag] = 0;
      this.#armedCount -= 1;
      return tag;
    }
    completion.release();
    return -1;
  }

  /**
   * Ends the polls, then the ring. Without that order, a poll in flight would keep a closed queue attached for some
   * time.
   */
  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    try {
      for (const [tag, armed] of this.#armed.entries())
        if (armed === 1) this.#take(REMOVE_HEAD, -1, tag, 0, ENDING);
      while (this.#armedCount > 0) {
        this.wait();
        while (this.next() >= 0);
      }
    } finally {
      this.#ring[Symbol.dispose]();
    }
  }

  #take(head: number, fd: number, address: number, events: number, tag: number): void {
    const { submission } = this.#ring;
    if (submission.pending === submission.entries) this.#ring.submit();
    fillTransfer(submission.words, submission.take(), head, fd, address, 0, events, tag);
  }
}
