import { closeSync, fchmodSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { fileRefused } from './file-refusal.js';
import { randomSuffix } from './random-suffix.js';

/**
 * Writes `value` as JSON to `path`. Readers see the old file or the new one, and never half of one. Throws a
 * SystemError that names `path` when the kernel refuses.
 *
 * The folder may belong to another user. So the new file gets a name that cannot be guessed, and is not opened
 * through a link that waits under that name.
 */
export function replaceFile(path: string, value: object): void {
  const text = JSON.stringify(value);
  const fresh = `${path}.${randomSuffix(6)}`;
  try {
    writeNewFile(fresh, text);
    renameSync(fresh, path);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw isRefusal(error) ? fileRefused('write', path, error.code) : error;
  }
}

/** Whether `error` is Node's own error about a file. It would name the temporary file. */
function isRefusal(error: unknown): error is NodeJS.ErrnoException & { readonly code: string } {
  return error instanceof Error && 'syscall' in error && 'code' in error;
}

/** Makes a file that all users may read, whatever the umask is. */
function writeNewFile(path: string, text: string): void {
  const fd = openSync(path, 'wx', 0o644);
  try {
    fchmodSync(fd, 0o644);
    writeFileSync(fd, text);
  } finally {
    closeSync(fd);
  }
}
