import { accessSync, constants, lstatSync } from 'node:fs';
import { dirname } from 'node:path';

/** A file or folder of the runtime directory that could not be removed. */
export interface KeptPath {
  readonly path: string;
  /** Name of the errno. */
  readonly code: string;
}

/** Returns why `path` is still there, and undefined if it is gone. Changes nothing. */
export function keptPath(path: string): KeptPath | undefined {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
  // A folder must be writable to be emptied, and what it lies in to remove it.
  const code = writeFault(path) ?? writeFault(dirname(path)) ?? 'ENOTEMPTY';
  return { path, code };
}

function writeFault(path: string): string | undefined {
  try {
    accessSync(path, constants.W_OK);
    return undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'EACCES';
  }
}
