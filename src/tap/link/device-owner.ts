import { readFileSync } from 'node:fs';
import { isSystemError, systemError } from '../../sys/errno.js';
import type { Purpose } from '../../sys/libc.js';
import { setTunGroup, setTunOwner } from '../../sys/tun.js';

/** Who may attach to a device without privilege: with both set, both must match; with neither, everybody. */
export interface DeviceOwner {
  /** uid */
  readonly owner?: number | undefined;
  /** gid */
  readonly group?: number | undefined;
}

/**
 * Who may attach to a device that is made with `options`: the caller, unless they name a user or a group. Nobody is named
 * where the caller has no number in this user namespace, and the kernel would not take him.
 */
export function ownerOfNew({ owner, group }: DeviceOwner): DeviceOwner {
  if (owner !== undefined || group !== undefined) return { owner, group };
  const maker = process.geteuid?.();
  const named = maker !== undefined && isMapped(maker, readFileSync('/proc/self/uid_map', 'latin1'));
  return named ? { owner: maker } : {};
}

/** Whether the user namespace with `map`, the text of /proc/PID/uid_map or gid_map, has the number `id`. */
export function isMapped(id: number, map: string): boolean {
  return map.split('\n').some((line) => {
    const [first = 0, , count = 0] = line.trim().split(/\s+/).map(Number);
    return id >= first && id < first + count;
  });
}

/**
 * Sets who may attach to the device that `fd` has a queue of; what is undefined stays as it is. Throws a SystemError with
 * EINVAL for a number that this user namespace does not have.
 */
export function setDeviceOwner(fd: number, { owner, group }: DeviceOwner, purpose: Purpose): void {
  if (owner !== undefined) attempt(`user ${owner}`, purpose, () => setTunOwner(fd, owner, purpose));
  if (group !== undefined) attempt(`group ${group}`, purpose, () => setTunGroup(fd, group, purpose));
}

/** The kernel has one reason to say EINVAL: make_kuid() of include/linux/uidgid.h knows no such number. */
function attempt(who: string, purpose: Purpose, set: () => void): void {
  try {
    set();
  } catch (error) {
    if (!isSystemError(error, 'EINVAL')) throw error;
    throw systemError({
      ...purpose,
      code: error.code,
      syscall: error.syscall,
      detail: `${who} is not mapped in this user namespace`,
      reason: 'id-not-mapped',
      cause: error,
    });
  }
}
