import { isSystemError } from './errno.js';
import { c, checked } from './libc.js';

// Source: include/uapi/asm-generic/fcntl.h
const LOCK_EX = 2;
const LOCK_NB = 4;

/**
 * Tries to lock the open file behind `fd` for this process alone. Returns whether it holds the lock now. The kernel
 * lifts the lock when the last descriptor of the open file is closed, however the process ends. flock(2).
 */
export function tryLock(fd: number, path: string): boolean {
  try {
    checked({ action: 'lock', object: path }, 'flock', () => c.flock(fd, LOCK_EX | LOCK_NB));
    return true;
  } catch (error) {
    if (isSystemError(error, 'EAGAIN')) return false;
    throw error;
  }
}
