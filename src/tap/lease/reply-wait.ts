import type { ErrorReason, SystemError } from '../../errors.js';
import { systemError } from '../../sys/errno.js';
import type { Purpose } from '../../sys/libc.js';
import { readPeerCredentials } from '../../sys/peer-credentials.js';
import { waitUntilReadable } from '../../sys/readable.js';
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
  if (isStopped(pid)) throw silent(pid, purpose, { reason: 'holder-stopped', fact: 'is stopped' });
  if (waitUntilReadable(fd, timeoutMs - LOOK_MS)) return;
  const fact = `has not answered for ${timeoutMs / 1000} seconds`;
  throw silent(pid, purpose, { reason: 'holder-silent', fact });
}

/** @param pid of who listened when this process connected: it may have handed over since, or be of another pid namespace */
function silent(
  pid: number,
  purpose: Purpose,
  { reason, fact }: { readonly reason: ErrorReason; readonly fact: string },
): SystemError {
  const isKnown = isAlive(pid);
  return systemError({
    ...purpose,
    code: 'ETIMEDOUT',
    syscall: 'holder',
    detail: `${isKnown ? `its holder, ${commandOf(pid)} (pid ${pid}),` : 'its holder'} ${fact}`,
    reason,
    pid: isKnown ? pid : undefined,
  });
}
