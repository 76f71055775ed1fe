import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { COMPILER_FLAG } from './compiler-flag.js';
import { testedRtap } from './kernel/tested-rtap.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'rtap-compiler-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

/** Starts a thread as `fwd` does, which loads sources of its own, and waits for its end. */
const SCRIPT = `
  const { startThread } = await import(${JSON.stringify(join(ROOT, 'src/sys/thread-start.ts'))});
  const caller = new URL(${JSON.stringify(`file://${join(ROOT, 'src/packet/bytes/hex.ts')}`)});
  startThread('byte-order', caller.href, {}).on('exit', (code) => console.log('thread', code));`;

test('a process and a thread that read the sources put nothing into the folder for temporary files', (t) => {
  const folder = join(scratch, 'shared');
  mkdirSync(folder);
  const words = [COMPILER_FLAG, '--input-type=module', '--eval', SCRIPT];
  const { stdout, stderr } = spawnSync(process.execPath, words, {
    env: { HOME: folder, TMPDIR: folder, XDG_CACHE_HOME: folder },
    cwd: folder,
    encoding: 'utf8',
  });
  t.deepEqual([stdout, stderr], ['thread 0\n', '']);
  t.deepEqual(readdirSync(folder), []);
});

test('no file loads a compiler that keeps code in a folder that users share', (t) => {
  const files = ['package.json', 'bin/rtap', 'bin/setup', '.ci/run'];
  for (const folder of ['src', 'build', 'bench', 'test'])
    for (const name of readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }))
      if (/\.[cm]?[jt]s$/.test(name)) files.push(join(folder, name));
  const loads = /import[= ',]*tsx\b|["'`]tsx\/|\bnpx tsx\b|["'`]tsx[ "'`]/;
  const found = files.filter(
    (file) => file !== 'test/compiler.test.ts' && loads.test(readFileSync(join(ROOT, file), 'utf8')),
  );
  // It recognises a command line in /proc.
  t.deepEqual(found, ['test/tap/link/attached-processes.test.ts']);
});

const LAUNCHERS = { built: testedRtap(), sources: join(ROOT, 'bin/rtap') };
for (const [kind, launcher] of Object.entries(LAUNCHERS)) {
  test(`rtap runs when its working directory is gone and no folder of its user can be written, ${kind}`, (t) => {
    const folder = mkdtempSync(join(scratch, 'closed-'));
    chmodSync(folder, 0o500);
    // /proc refuses to root, too.
    const env = { HOME: '/proc/closed', TMPDIR: '/proc/closed', PATH: process.env.PATH ?? '' };
    const script = 'cd "$0" && rmdir "$0" && exec "$@"';
    const run = (...words: string[]) =>
      spawnSync('sh', ['-c', script, folder, process.execPath, launcher, ...words], {
        env,
        encoding: 'utf8',
      });
    const { status, stdout, stderr } = run('completion', 'bash');
    t.is(stderr, '');
    t.is(status, 0);
    t.regex(stdout, /complete/);
  });
}
