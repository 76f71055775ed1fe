import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { COMPILER_FLAG } from '../compiler-flag.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BUILDS = join(ROOT, 'node_modules/.cache/rtap/builds');

/** Everything that a build is made of. */
const INGREDIENTS = ['src', 'build', 'bin', 'package.json', 'package-lock.json'];
const COPIED = ['bin', 'package.json'];

const BUILDER = `import { buildCommandLine } from './build/dist.ts'; await buildCommandLine(process.argv[1]);`;

/** Builds that were not used for so long are removed. */
const KEPT_MS = 24 * 3600 * 1000;

/**
 * Returns the launcher of an rtap that is built from the sources as they are now. A build is named after the contents of its
 * sources, so that one of other sources is never taken; the first test file that needs it makes it. One process of it takes 60 ms
 * of processor time, where one that compiles the sources takes 600 ms (Node 20). Returns bin/rtap where the build cannot be written.
 */
export function testedRtap(): string {
  const build = join(BUILDS, sourcesKey());
  try {
    if (!existsSync(build)) makeBuild(build);
    utimesSync(build, new Date(), new Date());
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A user that may not write there still runs a build of root.
    if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EROFS') throw error;
    if (!existsSync(build)) return join(ROOT, 'bin/rtap');
  }
  return join(build, 'bin/rtap');
}

function sourcesKey(): string {
  const hash = createHash('sha256').update(`${process.version} ${process.arch}`);
  for (const file of INGREDIENTS.flatMap(filesIn)) {
    const content = readFileSync(join(ROOT, file));
    hash.update(`\n${file} ${content.length}\n`).update(content);
  }
  return hash.digest('hex').slice(0, 32);
}

/** The files in `path`, or `path` itself, from the root of the project. */
function filesIn(path: string): string[] {
  if (!statSync(join(ROOT, path)).isDirectory()) return [path];
  const entries = readdirSync(join(ROOT, path), { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length))
    .sort();
}

/** Builds under a temporary name and renames it: other test files look for the build meanwhile, or make it too. */
function makeBuild(build: string): void {
  const unfinished = `${build}.${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  // In a process, since ava wants all tests declared without a pause.
  const words = [COMPILER_FLAG, '--input-type=module', '--eval', BUILDER, join(unfinished, 'dist')];
  const { status, stderr } = spawnSync(process.execPath, words, { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) throw new Error(`build: exit ${status}\n${stderr}`);
  for (const part of COPIED) cpSync(join(ROOT, part), join(unfinished, part), { recursive: true });
  removeOldBuilds();
  try {
    renameSync(unfinished, build);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error;
    // Another test file was faster.
    rmSync(unfinished, { recursive: true });
  }
}

function removeOldBuilds(): void {
  const oldest = Date.now() - KEPT_MS;
  for (const name of readdirSync(BUILDS)) {
    const path = join(BUILDS, name);
    // Another test file may have renamed or removed it since.
    const lastUsed = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? oldest;
    if (lastUsed < oldest) rmSync(path, { recursive: true, force: true });
  }
}
