import { constants, lstatSync, openSync } from 'node:fs';
import { ArgumentTypeError } from '../../../errors.js';

/** Readable for all, as far as the umask allows. */
const MODE = 0o644;
/** Another user can plant a link or a FIFO under a name that it can guess. Neither is opened, followed or waited for. */
const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** Makes the file `path`, which must not exist, and opens it for writing. The caller owns the returned descriptor. */
export function openFresh(path: string): number {
  return openSync(path, FLAGS, MODE);
}

/**
 * Size of the regular file `path` itself, which a new one is to replace; undefined if there is none. Throws an
 * ArgumentTypeError with the code EEXIST if the name belongs to anything else: at the first file that is the user's mistake,
 * later it is an error of the output, and those have a code.
 */
export function replaceableSize(path: string): number | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.isFile()) return found?.size;
  const kind = found.isSymbolicLink() ? 'it is a symbolic link' : 'it is not a regular file';
  const message = `cannot write "${path}": ${kind}, and rtap would replace it`;
  throw Object.assign(new ArgumentTypeError(message), { code: 'EEXIST', path });
}
