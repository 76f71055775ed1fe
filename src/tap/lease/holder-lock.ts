import { constants, fchmodSync, fchownSync, fstatSync, lstatSync, openSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Descriptor } from '../../sys/descriptor.js';
import { systemError } from '../../sys/errno.js';
import { tryLock } from '../../sys/file-lock.js';
import { isTrustedUser } from '../state/trusted-user.js';

/** Name of the lock in a device's folder. The kernel unlocks it however the holder ends. */
const LOCK = 'holder.lock';
/** A process can lock a file that it may only read: no other user may open the lock. */
const LOCK_MODE = 0o600;
/** How often to open the lock again that a holder removed while it ended. */
const ATTEMPTS_MAX = 100;

/** What a lock is taken for, and whether a process serves the socket beside it. */
export interface LockOptions {
  readonly object: string;
  readonly isServed: () => boolean;
}

/**
 * Locks the folder `directory` of a device for this process, until the descriptor that is returned is closed. Returns undefined if
 * another holder has the lock. Throws a SystemError with EACCES if the lock belongs to another user.
 *
 * The lock belongs to the owner of the folder. In a folder of a group, a member can have made a lock before. It does not count:
 * then `isServed` decides whether there is a holder, and the lock is replaced.
 */
export function acquireLock(directory: string, options: LockOptions): Descriptor | undefined {
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const lock = openLock(directory, options.object);
    if (isForeign(lock, directory)) {
      lock[Symbol.dispose]();
      if (options.isServed()) return undefined;
      removeForeignLock(directory, options.object);
      continue;
    }
    const isLocked = tryLock(lock.fd, directory);
    if (isLocked && isInFolder(lock, directory)) return lock;
    lock[Symbol.dispose]();
    if (!isLocked) return undefined;
  }
  return undefined;
}

/** Removes the lock from the folder, so that another user can hold the device. Only for the process that has it. */
export function removeLock(directory: string, lock: Descriptor): void {
  try {
    if (isInFolder(lock, directory)) unlinkSync(join(directory, LOCK));
  } catch {
    // The folder may be gone, or another user's. The lock is free when this process closes it.
  }
}

function openLock(directory: string, object: string): Descriptor {
  const path = join(directory, LOCK);
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  try {
    const lock = Descriptor.ofNode(openSync(path, flags | constants.O_CREAT | constants.O_EXCL, LOCK_MODE));
    giveToOwner(lock, directory);
    return lock;
  } catch (error) {
    if (!isRefusal(error, 'EEXIST')) throw error;
    return openExisting(directory, path, { flags, object });
  }
}

function openExisting(
  directory: string,
  path: string,
  { flags, object }: { readonly flags: number; readonly object: string },
): Descriptor {
  try {
    const lock = Descriptor.ofNode(openSync(path, flags));
    // Older releases let the group of the folder read it.
    if (!isForeign(lock, directory)) attempt(() => fchmodSync(lock.fd, LOCK_MODE));
    return lock;
  } catch (error) {
    if (isRefusal(error, 'ENOENT')) return openLock(directory, object);
    throw isRefusal(error, 'EACCES', 'ELOOP', 'EPERM') ? foreignLock(path, object) : error;
  }
}

/** Whether another user than root, this one and the owner of the folder can change or lock it. */
function isForeign(lock: Descriptor, directory: string): boolean {
  const { uid } = fstatSync(lock.fd);
  return !isTrustedUser(uid) && uid !== lstatSync(directory).uid;
}

function removeForeignLock(directory: string, object: string): void {
  const path = join(directory, LOCK);
  try {
    unlinkSync(path);
  } catch (error) {
    if (isRefusal(error, 'ENOENT')) return;
    throw isRefusal(error, 'EACCES', 'EPERM') ? foreignLock(path, object) : error;
  }
}

/** A holder removes its lock while it ends: then this process has locked a file that no other process finds. */
function isInFolder(lock: Descriptor, directory: string): boolean {
  const path = join(directory, LOCK);
  return fstatSync(lock.fd).ino === lstatSync(path, { throwIfNoEntry: false })?.ino;
}

/** Gives the new lock to the owner of the folder, as far as this user may. */
function giveToOwner(lock: Descriptor, directory: string): void {
  const { uid, gid } = lstatSync(directory);
  fchmodSync(lock.fd, LOCK_MODE);
  attempt(() => fchownSync(lock.fd, uid, gid));
}

function attempt(change: () => void): void {
  try {
    change();
  } catch (error) {
    if (!isRefusal(error, 'EPERM')) throw error;
  }
}

function isRefusal(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

function foreignLock(path: string, object: string) {
  return systemError({
    action: 'hold',
    object,
    code: 'EACCES',
    syscall: 'runtime directory',
    detail: `the lock "${path}" belongs to another user`,
    reason: 'runtime-directory-denied',
  });
}
