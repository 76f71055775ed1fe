import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/** More than any text that rtap writes. Bytes. */
const TEXT_BYTES_MAX = 1024 * 1024;

/**
 * Opens the regular file at `path`, returns what `use` makes of it, and closes it. Returns undefined when no regular
 * file is there. The folder may belong to another user, so no link is followed and no pipe is waited for.
 */
export function withForeignFile<T>(path: string, use: (fd: number) => T): T | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    return fstatSync(fd).isFile() ? use(fd) : undefined;
  } finally {
    closeSync(fd);
  }
}

/** The text of such a file. '' when there is none, or one that is larger than any of rtap's own. */
export function readForeignText(path: string): string {
  const read = (fd: number) => (fstatSync(fd).size > TEXT_BYTES_MAX ? '' : readFileSync(fd, 'utf8'));
  return withForeignFile(path, read) ?? '';
}
