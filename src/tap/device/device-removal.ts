import type { SystemError } from '../../errors.js';
import type { Link } from '../../netlink/link.js';
import { Links } from '../../netlink/links.js';
import { isSystemError, systemError } from '../../sys/errno.js';
import { setTunPersistent } from '../../sys/tun.js';
import { changeThroughHolder } from '../lease/holder-client.js';
import { findTap } from '../link/tap-link.js';
import { withTemporaryQueue } from '../link/temporary-queue.js';
import { findDeviceDirectory, removeDeviceDirectory } from '../state/runtime-directory.js';
import { type KeptPath, keptPath } from './removal-fault.js';

/** How a device is deleted. */
export interface DeleteOptions {
  /** A missing device is no error. @default false */
  readonly missingOk?: boolean;
}

/**
 * Removes the TAP `name` and its runtime state, even while processes are attached. An owner without the privilege for
 * that makes the device not persistent instead, which removes it if no process is attached.
 *
 * Returns the folder with runtime state of the device if it could not be removed.
 *
 * Throws a SystemError: ENODEV when there is no such device, EPERM or EACCES without the right.
 */
export function deleteDevice(name: string, options: DeleteOptions = {}): KeptPath | undefined {
  const link = options.missingOk === true ? findTapOrNothing(name) : findTap(name, 'delete');
  if (link === undefined) return undefined;
  using links = Links.open();
  try {
    links.delete(link.index);
  } catch (error) {
    if (!isSystemError(error, 'EPERM', 'EACCES')) throw error;
    deleteAsOwner(link, error);
  }
  removeDeviceDirectory(link.index);
  // An owner without root empties its folder: what is left then is no state.
  const folder = findDeviceDirectory(link.index);
  return folder === undefined ? undefined : keptPath(folder);
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
      detail: `without CAP_NET_ADMIN only its owner may, and only while no process has queues of it attached: ${attached} are`,
      reason: 'queues-attached',
      cause: refusal,
    });
  }
  setPersistent(link, false, 'delete');
}

/**
 * Makes the device persistent or not. If it has a holder, the holder does it, otherwise a temporary queue. A device
 * that is not persistent disappears with its last queue: at once if no process is attached. Returns whether the device
 * is gone.
 */
export function setPersistent(link: Link, persistent: boolean, action = 'change'): boolean {
  if (changeThroughHolder(link, action, (holder) => holder.setPersistent(persistent))) return false;
  const purpose = { action, object: link.name };
  withTemporaryQueue(link, { action }, ({ fd }) => setTunPersistent(fd, persistent, purpose));
  if (persistent) return false;
  using links = Links.open();
  const removed = links.byIndex(link.index) === undefined;
  if (removed) removeDeviceDirectory(link.index);
  return removed;
}

/**
 * Removes a device whose holder has ended, and which still exists only since users have descriptors of its queues.
 * Without the privilege for that, it disappears with the last of them.
 */
export function removeHeldDevice(ifindex: number): void {
  using links = Links.open();
  const link = links.byIndex(ifindex);
  if (link === undefined || link.tun?.persist !== false) return;
  try {
    links.delete(ifindex);
    removeDeviceDirectory(ifindex);
  } catch (error) {
    if (!isSystemError(error, 'EPERM', 'EACCES', 'ENODEV')) throw error;
  }
}
