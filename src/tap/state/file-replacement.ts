import { closeSync, fchmodSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { fileRefused } from './file-refusal.js';
import { randomSuffix } from './random-suffix.js';

/**
 * Replaces the JSON file at `path` at once, so that a reader sees the old one or the new one. The folder may belong to somebody
 * else: the new file is made under a name that cannot be guessed, and never through a link. What the kernel refuses is a
 * SystemError that names `path`.
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

/** Whether `error` is Node's own about a file, which would name the one under construction. */
function isRefusal(error: unknown): error is NodeJS.ErrnoException & { readonly code: string } {
  return error instanceof Error && 'syscall' in error && 'code' in error;
}

/** Readable for everybody, whatever the umask is. */
function writeNewFile(path: string, text: string): void {
  const fd = openSync(path, 'wx', 0o644);
  try {
    fchmodSync(fd, 0o644);
    writeFileSync(fd, text);
  } finally {
    closeSync(fd);
  }
}
