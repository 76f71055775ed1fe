import { readdirSync, readFileSync } from 'node:fs';

/** Names in a folder of /proc; none if its process is gone. */
export function entriesOf(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** The text of a file of /proc; '' if its process is gone. */
export function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
