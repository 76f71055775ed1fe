import { pauseThread } from '../sys/clock.js';
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

/** The `user_data` of a cancellation's own completion. No transfer has it. */
export const CANCELLATION = 0xffff_fffe;

const EINVAL = errnoOf('EINVAL');

/** How long the kernel may take to give everything back. */
const PATIENCE_MS = 5_000;
const PAUSE_MS = 1;

/** Returns whether the kernel can cancel everything at once: Linux 5.19. Nothing may be in flight in `ring`. */
export function canCancelAll(ring: Ring): boolean {
  requestCancellation(ring);
  let known = true;
  const { completion } = ring;
  while (completion.next()) known = completion.result !== -EINVAL;
  completion.release();
  return known;
}

/**
 * Cancels everything that is in flight in `ring` (Linux 5.19). Calls `reap`, which drains the completions, until it
 * returns that nothing is left: only then may the memory be unmapped that the kernel was given. The request is
 * repeated, because a transfer that blocks a kernel worker ends a moment later.
 *
 * Throws a SystemError with ETIMEDOUT if the kernel keeps something for five seconds. The memory must then stay
 * mapped.
 */
export function cancelAll(ring: Ring, reap: () => boolean): void {
  const deadline = performance.now() + PATIENCE_MS;
  while (!reap()) {
    if (performance.now() > deadline)
      throw systemError({ action: 'end', object: 'io_uring', code: 'ETIMEDOUT', syscall: 'io_uring_submit' });
    requestCancellation(ring);
    if (reap()) return;
    pauseThread(PAUSE_MS);
  }
}

function requestCancellation(ring: Ring): void {
  const { submission } = ring;
  fillTransfer(submission.words, submission.take(), CANCEL_HEAD, -1, 0, 0, EVERYTHING, CANCELLATION);
  ring.submit();
}
