import { isSystemError } from './errno.js';
import { c, checked } from './libc.js';

// Source: include/uapi/asm-generic/fcntl.h
const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;
const F_OFD_GETLK = 36;
const F_OFD_SETLK = 37;
const F_RDLCK = 0;
const F_WRLCK = 1;
const F_UNLCK = 2;

/** Enough for struct flock of every platform. Its first field is `short l_type`; 0 in all others is the whole file. */
const FLOCK_SHORTS = 16;

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

/**
 * Tries to lock the whole file for the open file behind `fd`, which must be writable. The kernel lifts the lock as it
 * does for `tryLock`. The two kinds of lock do not see each other.
 *
 * The kernel refuses this lock to a process that may only read the file, and a flock(2) it does not. F_OFD_SETLK of
 * fcntl(2), Linux 3.15.
 */
export function tryWriteLock(fd: number, path: string): boolean {
  try {
    ofdLock(fd, path, 'F_OFD_SETLK', F_OFD_SETLK, F_WRLCK);
    return true;
  } catch (error) {
    if (isSystemError(error, 'EAGAIN') || isSystemError(error, 'EACCES')) return false;
    throw error;
  }
}

/** Whether another open file has the lock of `tryWriteLock`. `fd` needs to be readable only. Locks nothing. */
export function isWriteLocked(fd: number, path: string): boolean {
  // Only a write lock is in the way of a read lock.
  return ofdLock(fd, path, 'F_OFD_GETLK', F_OFD_GETLK, F_RDLCK) !== F_UNLCK;
}

/** Returns l_type after the call. */
function ofdLock(fd: number, path: string, name: string, command: number, type: number): number {
  const flock = new Int16Array(FLOCK_SHORTS);
  flock[0] = type;
  checked({ action: 'lock', object: path }, `fcntl(${name})`, () => c.fcntlPointer(fd, command, flock));
  return flock[0]!;
}
