import { Ring } from './ring.js';
import { fillTransfer, IORING_OP_POLL_ADD, IORING_OP_POLL_REMOVE, pollEventsWord, sqeHead } from './sqe.js';

// Source: include/uapi/asm-generic/poll.h
export const POLLIN = 1;

const POLL_HEAD = sqeHead(IORING_OP_POLL_ADD, 0);
const REMOVE_HEAD = sqeHead(IORING_OP_POLL_REMOVE, 0);
const READABLE = pollEventsWord(POLLIN);

/** The tag of what ends a poll: no descriptor has it. */
const ENDING = 0xffff_ffff;

/**
 * A ring that carries polls alone: where a thread sleeps that has nothing else to do (design, decision 4). Each
 * descriptor is told readable once, and armed anew then; what was there before is told at once.
 */
export class PollRing implements Disposable {
  readonly #ring: Ring;
  readonly #armed: boolean[] = [];
  #armedCount = 0;
  #open = true;

  /** @param pollsMax most polls that are armed at a time: all of them can be told at once */
  constructor(pollsMax: number) {
    this.#ring = Ring.open(2 ** Math.ceil(Math.log2(pollsMax)));
  }

  /**
   * Asks to be told when `fd` is readable, or its device is gone. `tag`, a small integer, comes back with it; it must
   * not be armed already.
   */
  arm(fd: number, tag: number): void {
    this.#take(POLL_HEAD, fd, 0, READABLE, tag);
    this.#armed[tag] = true;
    this.#armedCount += 1;
  }

  /** Hands over what was armed; does not sleep, and is no call where there is nothing to hand over. */
  submit(): void {
    if (this.#ring.submission.pending > 0) this.#ring.submit();
  }

  /** Hands over what was armed, and sleeps until something is told. A signal may end the sleep early. */
  wait(): void {
    this.#ring.waitForCompletion();
  }

  /** The tag of the next descriptor that was told readable, or -1 where none is left. */
  next(): number {
    const { completion } = this.#ring;
    while (completion.next()) {
      const tag = completion.userData;
      if (tag === ENDING) continue;
      this.#armed[tag] = false;
      this.#armedCount -= 1;
      return tag;
    }
    completion.release();
    return -1;
  }

  /** Ends the polls, and then the ring: a poll in flight would keep a closed queue attached for some time more. */
  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    try {
      for (const [tag, armed] of this.#armed.entries())
        if (armed) this.#take(REMOVE_HEAD, -1, tag, 0, ENDING);
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
