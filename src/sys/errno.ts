import koffi from 'koffi';
import { SystemError } from '../errors.js';

const NAMES = new Map<number, string>();
for (const [name, value] of Object.entries(koffi.os.errno)) {
  if (!NAMES.has(value)) NAMES.set(value, name);
}
// The table has one name for each number. These are the spellings in the kernel's own headers.
for (const preferred of ['EAGAIN', 'EOPNOTSUPP', 'EDEADLK']) {
  const value = koffi.os.errno[preferred];
  if (value !== undefined) NAMES.set(value, preferred);
}

/** Returns the errno of a symbolic name on this platform. Throws a RangeError for an unknown name. */
export function errnoOf(code: string): number {
  const errno = koffi.os.errno[code];
  if (errno === undefined) throw new RangeError(`cannot look up "${code}": no such errno on this platform`);
  return errno;
}

/** Returns `EPERM` for 1, and `errno 4095` if the platform has no name for it. */
export function errnoName(errno: number): string {
  return NAMES.get(errno) ?? `errno ${errno}`;
}

/** Builds the error for a system call that failed with `errno` (positive). */
export function systemError(action: string, object: string, syscall: string, errno: number): SystemError {
  const code = errnoName(errno);
  return new SystemError(`cannot ${action} "${object}": ${syscall} failed with ${code}`, {
    errno,
    code,
    syscall,
    object,
  });
}

/** Returns whether `error` is a SystemError, with one of `codes` if there are any. */
export function isSystemError(error: unknown, ...codes: readonly string[]): error is SystemError {
  return error instanceof SystemError && (codes.length === 0 || codes.includes(error.code));
}
