import type { ErrorReason, SystemError } from '../../errors.js';
import { waitUntilReadable } from '../../sys/descriptor-wait.js';
import { systemError } from '../../sys/errno.js';
import type { Purpose } from '../../sys/libc.js';
import { readPeerCredentials } from '../../sys/peer-credentials.js';
import { commandOf, isAlive, isStopped } from '../link/attached-processes.js';

/** How long a holder may take to reply. It has nothing else to do, but its machine may be busy. */
export const REPLY_MS = 5000;
/** How long a service manager may take to start a holder. */
export const START_MS = 20_000;
/** How long a holder may take to end, and the kernel to remove the device. */
export const END_MS = 20_000;
/** When to check whether a signal has stopped the holder: then it makes no sense to wait any longer. */
const STOP_CHECK_MS = 250;

/**
 * Waits, without the event loop, until a message of the holder at the other end of `fd` has arrived. Throws a SystemError with
 * ETIMEDOUT if none arrives in `timeoutMs`, or if a signal has stopped the holder.
 */
export function waitForReply(fd: number, purpose: Purpose, timeoutMs: number): void {
  if (waitUntilReadable(fd, STOP_CHECK_MS)) return;
  const { pid } = readPeerCredentials(fd, purpose);
  if (isStopped(pid)) throw noReply(pid, purpose, { reason: 'holder-stopped', fact: 'is stopped' });
  if (waitUntilReadable(fd, timeoutMs - STOP_CHECK_MS)) return;
  const fact = `has not answered for ${timeoutMs / 1000} seconds`;
  throw noReply(pid, purpose, { reason: 'holder-silent', fact });
}

/** The error for a holder, the process `pid`, that has closed the connection and keeps the device. */
export function notLetGo(pid: number, timeoutMs: number, purpose: Purpose): SystemError {
  const fact = `has not released the device for ${timeoutMs / 1000} seconds`;
  return noReply(pid, purpose, { reason: 'holder-silent', fact });
}

/**
 * @param pid the process that listened when this one connected. It may have ended since, after a take-over, and is 0 if it is in
 * another pid namespace
 */
function noReply(
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
