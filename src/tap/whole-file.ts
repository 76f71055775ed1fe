import { randomBytes } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';

/**
 * Replaces the JSON file at `path` at once, so that a reader sees the old one or the new one. The folder may belong to somebody
 * else: the new file is made under a name that cannot be guessed, and never through a link.
 */
export function replaceFile(path: string, value: object): void {
  const fresh = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    writeFileSync(fresh, JSON.stringify(value), { mode: 0o644, flag: 'wx' });
    renameSync(fresh, path);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  }
}
