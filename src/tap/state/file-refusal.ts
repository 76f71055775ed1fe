import { SystemError } from '../../errors.js';
import { errnoOf } from '../../sys/errno.js';
import { describeFileFault } from './file-fault.js';

/**
 * The error for a file that the kernel did not let us read or write; Node's own does not name it.
 *
 * @param code the name of an errno
 */
export function fileRefused(action: 'read' | 'write', path: string, code: string): SystemError {
  const message = `cannot ${action} "${path}": ${describeFileFault(action, code)}`;
  return new SystemError(message, { errno: errnoOf(code), code, syscall: action, object: path });
}
