import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/** More than any text that rtap writes: what is larger was not written by it. */
const TEXT_BYTES_MAX = 1024 * 1024;

/**
 * Opens a regular file for `use`; undefined where there is none. Its folder may belong to somebody else: no link is
 * followed, no pipe waited for.
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

/** The text of such a file; '' where there is none, or one that is larger than rtap's own. */
export function readForeignText(path: string): string {
  const read = (fd: number) => (fstatSync(fd).size > TEXT_BYTES_MAX ? '' : readFileSync(fd, 'utf8'));
  return withForeignFile(path, read) ?? '';
}
