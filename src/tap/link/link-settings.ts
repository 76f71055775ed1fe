import type { SystemError } from '../../errors.js';
import type { LinkChange, Links } from '../../netlink/links.js';
import { isSystemError, systemError } from '../../sys/errno.js';

/**
 * Changes the settings that `change` names, with one message to the kernel. Throws what `Links.change` throws, and a SystemError with
 * ERANGE if this kernel has no queues of so many frames.
 */
export function changeSettings(links: Pick<Links, 'change'>, ifindex: number, change: LinkChange): void {
  try {
    links.change(ifindex, change);
  } catch (error) {
    if (change.txqueuelen === undefined || !isSystemError(error, 'ERANGE')) throw error;
    throw queueTooLong(error, change.txqueuelen);
  }
}

function queueTooLong(cause: SystemError, txqueuelen: number): SystemError {
  const { object, code, syscall } = cause;
  const detail = `this kernel does not take a txqueuelen of ${txqueuelen}`;
  return systemError({ action: 'change', object, code, syscall, detail, reason: 'queue-too-long', cause });
}
