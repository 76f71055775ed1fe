import { constants, lstatSync, openSync, type Stats, unlinkSync } from 'node:fs';
import { ArgumentTypeError } from '../../../errors.js';
import { fileRefused } from '../../../tap/state/file-refusal.js';

/** Readable for all, as far as the umask allows. */
const MODE = 0o644;
const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

/**
 * Makes a new file and returns its descriptor, which the caller owns. It replaces a regular file of that name, and is
 * never an older one: other users may be able to write the folder, and a pipe or a link of theirs may wait under the name.
 * Throws what `assertReplaceable` throws, and the error of node:fs.
 */
export function openNewFile(path: string): number {
  if (assertReplaceable(path) !== undefined) unlinkSync(path);
  return openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, MODE);
}

/**
 * Returns the facts about the regular file at `path`, or undefined when nothing is there. Throws a TypeError when anything
 * else is there, and a SystemError when the kernel does not say.
 */
export function assertReplaceable(path: string): Stats | undefined {
  const found = lookAt(path);
  if (found !== undefined && !found.isFile()) throw occupied(path);
  return found;
}

/** What is at `path`. If it is a link, that is the link. */
export function lookAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    throw fileRefused('write', path, String(error.code));
  }
}

/** At the first file it is the user's mistake, a TypeError; later it is an error of the output, and those have a code. */
function occupied(path: string): TypeError {
  const message = `cannot write "${path}": it is no regular file, and a finished one would take its place`;
  return Object.assign(new ArgumentTypeError(message), { code: 'EEXIST', path });
}
