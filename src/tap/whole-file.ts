import { randomBytes } from 'node:crypto';
import { closeSync, fchmodSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/**
 * Replaces the JSON file at `path` at once, so that a reader sees the old one or the new one. The folder may belong to somebody
 * else: the new file is made under a name that cannot be guessed, and never through a link.
 */
export function replaceFile(path: string, value: object): void {
  const fresh = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    writeNewFile(fresh, JSON.stringify(value));
    renameSync(fresh, path);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  }
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
