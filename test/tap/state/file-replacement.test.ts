import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { SystemError } from '../../../src/errors.js';
import { replaceFile } from '../../../src/tap/state/file-replacement.js';
import { makeFolder } from '../scratch-folder.js';

test('replaceFile makes the file when there is none', (t) => {
  const folder = makeFolder();
  replaceFile(join(folder, 'a.json'), { queues: 2 });
  t.is(readFileSync(join(folder, 'a.json'), 'utf8'), '{"queues":2}');
  t.deepEqual(readdirSync(folder), ['a.json']);
});

test('replaceFile puts a new file in place of an old one when there is one', (t) => {
  const path = join(makeFolder(), 'a.json');
  replaceFile(path, { round: 1 });
  const { ino } = statSync(path);
  replaceFile(path, { round: 2 });
  t.is(readFileSync(path, 'utf8'), '{"round":2}');
  t.not(statSync(path).ino, ino);
});

test('replaceFile makes a file that all users may read when the umask is strict', (t) => {
  const path = join(makeFolder(), 'a.json');
  const umask = process.umask(0o077);
  try {
    replaceFile(path, {});
  } finally {
    process.umask(umask);
  }
  t.is(statSync(path).mode & 0o777, 0o644);
});

test('replaceFile replaces a link, and not its target, when a link is there', (t) => {
  const folder = makeFolder();
  writeFileSync(join(folder, 'victim'), 'precious');
  symlinkSync('victim', join(folder, 'a.json'));
  replaceFile(join(folder, 'a.json'), {});
  t.true(lstatSync(join(folder, 'a.json')).isFile());
  t.is(readFileSync(join(folder, 'victim'), 'utf8'), 'precious');
});

test('replaceFile leaves no temporary file when it fails', (t) => {
  const folder = makeFolder();
  const path = join(folder, 'a.json');
  mkdirSync(path);
  const named = (file: string, fault: string) => ({
    instanceOf: SystemError,
    message: `cannot write "${file}": ${fault}`,
  });
  t.throws(() => replaceFile(path, {}), named(path, 'write failed with EISDIR (it is a directory)'));
  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;
  t.throws(() => replaceFile(join(folder, 'b.json'), cyclic), { instanceOf: TypeError });
  const missing = join(folder, 'missing', 'c.json');
  const fault = 'write failed with ENOENT (there is no such file or directory)';
  t.throws(() => replaceFile(missing, {}), named(missing, fault));
  t.deepEqual(readdirSync(folder), ['a.json']);
});
