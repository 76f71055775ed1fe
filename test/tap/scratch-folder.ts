import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = mkdtempSync(join(tmpdir(), 'rtap-pure-'));
process.on('exit', () => rmSync(root, { recursive: true, force: true }));

let folders = 0;

/** An empty folder that vanishes with this process. */
export function makeFolder(): string {
  const path = join(root, String(folders++));
  mkdirSync(path);
  return path;
}
