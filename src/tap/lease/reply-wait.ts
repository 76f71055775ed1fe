import { SystemError } from '../../errors.js';
import { errnoOf } from '../../sys/errno.js';
import type { Purpose } from '../../sys/libc.js';
import { readPeerCredentials } from '../../sys/peer-credentials.js';
import { waitUntilReadable } from '../../sys/readable.js';
import { commandOf, isAlive, isStopped } from '../link/attached-processes.js';

/** When to check whether a signal has stopped the holder: then it makes no sense to wait any longer. */
const STOP_CHECK_MS = 250;

/**
 * Waits, without the event loop, until a message of the holder at the other end of `fd` has arrived. Throws a SystemError with
 * ETIMEDOUT if none arrives in `timeoutMs`, or if a signal has stopped the holder.
 */
export function waitForReply(fd: number, purpose: Purpose, timeoutMs: number): void {
  if (waitUntilReadable(fd, STOP_CHECK_MS)) return;
  const { pid } = readPeerCredentials(fd, purpose);
  if (isStopped(pid)) throw noReply(pid, purpose, 'is stopped');
  if (!waitUntilReadable(fd, timeoutMs - STOP_CHECK_MS))
    throw noReply(pid, purpose, `has not answered for ${timeoutMs / 1000} seconds`);
}

/**
 * @param pid the process that listened when this one connected. It may have ended since, after a take-over, and is 0 if it is in
 * another pid namespace
 */
function noReply(pid: number, { action, object }: Purpose, reason: string): SystemError {
  const holder = isAlive(pid) ? `its holder, ${commandOf(pid)} (pid ${pid}),` : 'its holder';
  const facts = { errno: errnoOf('ETIMEDOUT'), code: 'ETIMEDOUT', syscall: 'holder', object };
  return new SystemError(`cannot ${action} "${object}": ${holder} ${reason}`, facts);
}
