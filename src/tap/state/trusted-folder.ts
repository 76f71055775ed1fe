import { lstatSync, type Stats } from 'node:fs';

/** Whether `path` is a folder. A link to a folder is none. */
export function isFolder(path: string): boolean {
  return look(path)?.isDirectory() ?? false;
}

/**
 * Whether `path` is a folder whose entries this process may follow and remove. For root it must belong to root:
 * another user could have put links into its own.
 */
export function isTrustedFolder(path: string): boolean {
  const stats = look(path);
  return stats?.isDirectory() === true && (process.geteuid?.() !== 0 || stats.uid === 0);
}

/** Undefined when nothing is there, or when this user may not see it. */
function look(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}
