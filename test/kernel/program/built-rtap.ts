import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { COMPILER_FLAG } from '../../compiler-flag.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * Builds rtap into `directory`, as an installation has it, and returns the path of its launcher. It starts in a third of the
 * time that the sources take: for tests of hundreds of processes.
 */
export function buildRtap(directory: string): string {
  mkdirSync(directory, { recursive: true });
  for (const part of ['bin', 'package.json'])
    cpSync(join(ROOT, part), join(directory, part), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  const words = [COMPILER_FLAG, join(ROOT, 'build/dist.ts'), join(directory, 'dist')];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) throw new Error(`build: exit ${status}\n${stdout}${stderr}`);
  return join(directory, 'bin/rtap');
}
