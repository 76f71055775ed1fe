import { Links } from '../../netlink/links.js';
import { isSystemError } from '../../sys/errno.js';
import { removeDeviceDirectory } from '../state/runtime-directory.js';

/**
 * Removes a device whose holder has let it go, and which stays only since users have descriptors of its queues still.
 * Without the privilege to, it goes with the last of them.
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
