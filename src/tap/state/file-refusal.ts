import type { ErrorReason, SystemError } from '../../errors.js';
import { systemError } from '../../sys/errno.js';
import { describeFileFault } from './file-fault.js';

/**
 * The error for a file that the kernel did not let rtap read, write or remove. Node's own does not name the file.
 *
 * @param code the name of an errno
 */
export function fileRefused(
  action: 'read' | 'write' | 'remove',
  path: string,
  code: string,
  { reason }: { readonly reason?: ErrorReason } = {},
): SystemError {
  return systemError({
    action,
    object: path,
    code,
    syscall: action,
    detail: describeFileFault(action, code),
    reason,
  });
}
