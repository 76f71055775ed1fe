import { type Stats, statSync } from 'node:fs';
import { fileRefused } from '../../../tap/state/file-refusal.js';

/** What the kernel knows of a file; undefined where there is none. Throws what keeps it from being read or written. */
export function fileFacts(path: string, action: 'read' | 'write'): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    throw fileRefused(action, path, String(error.code));
  }
}
