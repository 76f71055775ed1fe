import { SystemError } from '../../errors.js';
import { waitUntilReadable } from '../../sys/descriptor-wait.js';
import { errnoOf } from '../../sys/errno.js';
import type { Purpose } from '../../sys/libc.js';
import { readPeerCredentials } from '../../sys/peer-credentials.js';
import { commandOf, isAlive, isStopped } from '../link/attached-processes.js';

/** After so long it is looked whether the holder was stopped: no more time would help then. */
const LOOK_MS = 250;

/**
 * Waits, without the event loop, until the holder at the other end of `fd` has said something. Throws a SystemError with
 * ETIMEDOUT where it has not for `timeoutMs`, or was stopped.
 */
export function waitForHolder(fd: number, purpose: Purpose, timeoutMs: number): void {
  if (waitUntilReadable(fd, LOOK_MS)) return;
  const { pid } = readPeerCredentials(fd, purpose);
  if (isStopped(pid)) throw silent(pid, purpose, 'is stopped');
  if (!waitUntilReadable(fd, timeoutMs - LOOK_MS))
    throw silent(pid, purpose, `has not answered for ${timeoutMs / 1000} seconds`);
}

/** @param pid of who listened when this process connected: it may have handed over since, or be of another pid namespace */
function silent(pid: number, { action, object }: Purpose, reason: string): SystemError {
  const who = isAlive(pid) ? `its holder, ${commandOf(pid)} (pid ${pid}),` : 'its holder';
  const facts = { errno: errnoOf('ETIMEDOUT'), code: 'ETIMEDOUT', syscall: 'holder', object };
  return new SystemError(`cannot ${action} "${object}": ${who} ${reason}`, facts);
}
