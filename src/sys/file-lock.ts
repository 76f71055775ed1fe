import { isSystemError } from './errno.js';
import { c, checked } from './libc.js';

// Source: include/uapi/asm-generic/fcntl.h
const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;

/**
 * Tries to lock the open file behind `fd` for this process alone. Returns whether it holds the lock now. The kernel
 * lifts the lock when the last descriptor of the open file is closed, however the process ends. flock(2).
 */
export function tryLock(fd: number, path: string): boolean {
  return attempt(fd, path, LOCK_EX);
}

/**
 * As `tryLock`, for a lock that any number of processes may have at the same time, unless a process has locked the file
 * for itself alone. So it also answers whether there is such a process.
 */
export function trySharedLock(fd: number, path: string): boolean {
  return attempt(fd, path, LOCK_SH);
}

function attempt(fd: number, path: string, operation: number): boolean {
  try {
    checked({ action: 'lock', object: path }, 'flock', () => c.flock(fd, operation | LOCK_NB));
    return true;
  } catch (error) {
    if (isSystemError(error, 'EAGAIN')) return false;
    throw error;
  }
}
