import { SystemError } from '../../errors.js';
import { errnoOf } from '../../sys/errno.js';

/** What the kernel means by its refusal of a file, where the name of the errno would leave a user guessing. */
const FAULTS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is no folder',
  ELOOP: 'the path leads through too many links',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of this user is used up',
  EROFS: 'the file system is read-only',
  EFBIG: 'the file may not grow so large',
};

/** `open failed with ENOENT (there is no such file or folder)`: the errno, and a sentence where there is one. */
export function describeFileFault(syscall: string, code: string): string {
  const fault = FAULTS[code];
  return `${syscall} failed with ${code}${fault === undefined ? '' : ` (${fault})`}`;
}

/**
 * The error for a file that the kernel did not let us read or write; Node's own does not name it.
 *
 * @param code the name of an errno
 */
export function fileRefused(action: 'read' | 'write', path: string, code: string): SystemError {
  const message = `cannot ${action} "${path}": ${describeFileFault(action, code)}`;
  return new SystemError(message, { errno: errnoOf(code), code, syscall: action, object: path });
}
