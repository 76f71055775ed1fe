import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { closedPart } from './closed-part.js';
import { makeFolder } from './tap/scratch-folder.js';

test('closedPart finds the first folder that other users may not enter', (t) => {
  const folder = makeFolder();
  mkdirSync(join(folder, 'a/b/c'), { recursive: true });
  // The folder of this test's files is closed itself.
  t.true(folder.startsWith(`${closedPart(folder)}/`));
  t.is(closedPart(join(folder, 'a/b/c')), closedPart(folder));
  t.is(closedPart('/'), undefined);
  t.is(closedPart('/usr/bin'), undefined);
});

test('closedPart needs more rights of the last part than of the folders on the way', (t) => {
  const folder = makeFolder();
  const open = closedPart(folder)!;
  chmodSync(open, 0o711);
  t.teardown(() => chmodSync(open, 0o700));
  const file = join(folder, 'program');
  writeFileSync(file, '');
  for (const [mode, closed] of [
    [0o755, undefined],
    [0o700, file],
    [0o711, file],
    [0o744, file],
  ] as const) {
    chmodSync(file, mode);
    t.is(closedPart(file), closed, mode.toString(8));
  }
});
