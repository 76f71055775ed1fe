import type { SystemError } from '../../errors.js';
import type { Link } from '../../netlink/link.js';
import { Links } from '../../netlink/links.js';
import { isSystemError, systemError } from '../../sys/errno.js';
import { setTunPersistent } from '../../sys/tun.js';
import { changeThroughHolder } from '../lease/holder-client.js';
import { findTap } from '../link/tap-link.js';
import { withPassingQueue } from '../link/temporary-queue.js';
import { removeDeviceDirectory } from '../state/runtime-directory.js';

export interface DeleteOptions {
  /** A missing device is no error. @default false */
  readonly missingOk?: boolean;
}

/**
 * Removes the TAP `name` and its runtime state, even while processes are attached. Without the privilege to, its
 * owner removes it by letting it go, which is possible when nobody is attached.
 */
export function deleteDevice(name: string, options: DeleteOptions = {}): void {
  const link = options.missingOk === true ? findTapOrNothing(name) : findTap(name, 'delete');
  if (link === undefined) return;
  using links = Links.open();
  try {
    links.delete(link.index);
  } catch (error) {
    if (!isSystemError(error, 'EPERM', 'EACCES')) throw error;
    deleteAsOwner(link, error);
  }
  removeDeviceDirectory(link.index);
}

function findTapOrNothing(name: string): Link | undefined {
  try {
    return findTap(name, 'delete');
  } catch (error) {
    if (isSystemError(error, 'ENODEV')) return undefined;
    throw error;
  }
}

function deleteAsOwner(link: Link, refusal: SystemError): void {
  const attached = link.tun?.queues ?? 0;
  if (attached > 0) {
    throw systemError({
      action: 'delete',
      object: link.name,
      code: refusal.code,
      syscall: refusal.syscall,
      detail: `another process has ${attached} of its queues attached`,
      reason: 'queues-attached',
      cause: refusal,
    });
  }
  setPersistent(link, false, 'delete');
}

/**
 * Makes the device persistent or not: by its holder, or by an attach and instant detach of a queue of our own. Without
 * persistence a device disappears when its last user lets it go: at once where nobody is attached.
 *
 * @returns whether the device is gone, and whether a queue was attached in passing
 */
export function setPersistent(
  link: Link,
  persistent: boolean,
  action = 'change',
): { readonly removed: boolean; readonly passing: boolean } {
  if (changeThroughHolder(link, action, (holder) => holder.setPersistent(persistent)))
    return { removed: false, passing: false };
  const purpose = { action, object: link.name };
  withPassingQueue(link, { action }, ({ fd }) => setTunPersistent(fd, persistent, purpose));
  if (persistent) return { removed: false, passing: true };
  using links = Links.open();
  const removed = links.byIndex(link.index) === undefined;
  if (removed) removeDeviceDirectory(link.index);
  return { removed, passing: true };
}
