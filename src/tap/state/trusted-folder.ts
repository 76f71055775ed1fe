import { lstatSync, type Stats } from 'node:fs';
import { isTrustedUser } from './trusted-user.js';

// Source: include/uapi/linux/stat.h
const S_ISVTX = 0o1000;
/** Write permission of the group and of all others. */
const WRITABLE_BY_OTHERS = 0o022;

/** Whether `path` is a folder. A link to a folder is none. */
export function isFolder(path: string): boolean {
  return look(path)?.isDirectory() ?? false;
}

/**
 * Whether `path` is a folder whose entries this process may believe and remove: only root and the user of this process can
 * write there, for root only root. Then no other user can have laid links or other files there.
 */
export function isTrustedFolder(path: string): boolean {
  const facts = look(path);
  return facts !== undefined && isTrusted(facts) && (facts.mode & WRITABLE_BY_OTHERS) === 0;
}

/**
 * Whether `path` is a folder in which only root and the user of this process can replace what lies there. Others may write to
 * it if it has the sticky bit, as a device's folder has if the device has a group.
 */
export function isStableFolder(path: string): boolean {
  const facts = look(path);
  return (
    facts !== undefined &&
    isTrusted(facts) &&
    ((facts.mode & WRITABLE_BY_OTHERS) === 0 || (facts.mode & S_ISVTX) !== 0)
  );
}

function isTrusted(facts: Stats): boolean {
  return facts.isDirectory() && isTrustedUser(facts.uid);
}

/** Undefined when nothing is there, or when this user may not see it. */
function look(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}
