import { readFileSync } from 'node:fs';
import { isSystemError, systemError } from '../../sys/errno.js';
import type { Purpose } from '../../sys/libc.js';
import { setTunGroup, setTunOwner } from '../../sys/tun.js';

/**
 * The user and the group that may attach to a device without privilege. If both are set, a process must match both.
 * If neither is set, every process may attach.
 */
export interface DeviceOwner {
  /** uid */
  readonly owner?: number | undefined;
  /** gid */
  readonly group?: number | undefined;
}

/**
 * Returns the owner and group of a new device: those that are given, or else the caller as owner. Returns neither
 * when the caller has no number in this user namespace, since the kernel would refuse it.
 */
export function ownerOfNew({ owner, group }: DeviceOwner): DeviceOwner {
  if (owner !== undefined || group !== undefined) return { owner, group };
  const maker = process.geteuid?.();
  const named = maker !== undefined && isMapped(maker, readFileSync('/proc/self/uid_map', 'latin1'));
  return named ? { owner: maker } : {};
}

/** Whether a user namespace has the number `id`. `map` is the text of its /proc/PID/uid_map or gid_map. */
export function isMapped(id: number, map: string): boolean {
  return map.split('\n').some((line) => {
    const [first = 0, , count = 0] = line.trim().split(/\s+/).map(Number);
    return id >= first && id < first + count;
  });
}

/**
 * Sets owner and group of the device that `fd` has a queue of. What is undefined stays as it is. Throws a SystemError
 * with EINVAL for a number that this user namespace does not have.
 */
export function setDeviceOwner(fd: number, { owner, group }: DeviceOwner, purpose: Purpose): void {
  if (owner !== undefined) attempt(`user ${owner}`, purpose, () => setTunOwner(fd, owner, purpose));
  if (group !== undefined) attempt(`group ${group}`, purpose, () => setTunGroup(fd, group, purpose));
}

/** EINVAL has one cause here: make_kuid() of include/linux/uidgid.h does not know the number. */
function attempt(account: string, purpose: Purpose, set: () => void): void {
  try {
    set();
  } catch (error) {
    if (!isSystemError(error, 'EINVAL')) throw error;
    throw systemError({
      ...purpose,
      code: error.code,
      syscall: error.syscall,
      detail: `${account} is not mapped in this user namespace`,
      reason: 'id-not-mapped',
      cause: error,
    });
  }
}
