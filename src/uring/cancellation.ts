import { errnoOf, systemError } from '../sys/errno.js';
import type { Ring } from './ring.js';
import {
  fillTransfer,
  IORING_ASYNC_CANCEL_ALL,
  IORING_ASYNC_CANCEL_ANY,
  IORING_OP_ASYNC_CANCEL,
  sqeHead,
} from './sqe.js';

const CANCEL_HEAD = sqeHead(IORING_OP_ASYNC_CANCEL, 0);
const EVERYTHING = IORING_ASYNC_CANCEL_ALL | IORING_ASYNC_CANCEL_ANY;

/** The tag of the completions that say how a cancellation went: no transfer has it. */
export const CANCELLATION = 0xffff_fffe;

const EINVAL = errnoOf('EINVAL');

/** How long the kernel may take to give everything back. */
const PATIENCE_MS = 5_000;
const PAUSE_MS = 1;
const sleeper = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/** Whether the kernel can cancel everything at once: not so before Linux 5.19. Nothing may be in flight in `ring`. */
export function canCancelAll(ring: Ring): boolean {
  requestCancellation(ring);
  let known = true;
  const { completion } = ring;
  while (completion.next()) known = completion.result !== -EINVAL;
  completion.release();
  return known;
}

/**
 * Cancels everything that is in flight in `ring` (Linux 5.19), and lets `reap` drain its completions until that says that
 * nothing is left: only then may the memory go that the kernel was given. What a kernel worker is blocked in ends a moment
 * later, so it is asked again.
 *
 * Throws a SystemError with ETIMEDOUT where the kernel keeps something for five seconds; the memory must then stay.
 */
export function cancelAll(ring: Ring, reap: () => boolean): void {
  const deadline = performance.now() + PATIENCE_MS;
  while (!reap()) {
    if (performance.now() > deadline)
      throw systemError({ action: 'end', object: 'io_uring', code: 'ETIMEDOUT', syscall: 'io_uring_submit' });
    requestCancellation(ring);
    if (reap()) return;
    Atomics.wait(sleeper, 0, 0, PAUSE_MS);
  }
}

function requestCancellation(ring: Ring): void {
  const { submission } = ring;
  fillTransfer(submission.words, submission.take(), CANCEL_HEAD, -1, 0, 0, EVERYTHING, CANCELLATION);
  ring.submit();
}
