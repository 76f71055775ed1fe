import type { SystemError } from '../errors.js';
import { errnoOf, systemError } from '../sys/errno.js';

/** The error for a file that the kernel did not let us read or write; Node's own does not name it. */
export function fileRefused(action: 'read' | 'write', path: string, code: string): SystemError {
  return systemError(action, path, action, errnoOf(code));
}
