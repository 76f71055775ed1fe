import { readFileSync } from 'node:fs';

/** What most systems give a process. */
const SOFT_USUAL = 1024;

/**
 * Returns the soft limit of descriptors of the parent process. Node raises its own to the hard limit at its start, and keeps no record of
 * the one before: a process gets it from its parent.
 */
export function readParentLimit(path = `/proc/${process.ppid}/limits`): number {
  try {
    const soft = /^Max open files +(\d+)/m.exec(readFileSync(path, 'utf8'))?.[1];
    return soft === undefined ? SOFT_USUAL : Number(soft);
  } catch {
    return SOFT_USUAL;
  }
}
