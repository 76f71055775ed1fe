import { lstatSync, type Stats } from 'node:fs';

/** Whether `path` is a folder itself, and not a link to one. */
export function isFolder(path: string): boolean {
  return look(path)?.isDirectory() ?? false;
}

/**
 * Whether `path` is a folder whose entries this process may believe and remove: for root one that belongs to root, so
 * that no other user could have laid links there.
 */
export function isTrustedFolder(path: string): boolean {
  const facts = look(path);
  return facts?.isDirectory() === true && (process.geteuid?.() !== 0 || facts.uid === 0);
}

/** Undefined for what is not there, or cannot be seen. */
function look(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}
