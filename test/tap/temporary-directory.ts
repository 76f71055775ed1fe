import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that vanishes with this process. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'rtap-test-'));
  process.on('exit', () => rmSync(path, { recursive: true, force: true }));
  return path;
}
