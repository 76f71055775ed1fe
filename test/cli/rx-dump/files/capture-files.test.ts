import { execFileSync, spawnSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as zlib from 'node:zlib';
import { gunzipSync } from 'node:zlib';
import test from 'ava';
import { CaptureFile } from '../../../../src/cli/rx-dump/files/capture-file.js';
import { CaptureFiles } from '../../../../src/cli/rx-dump/files/capture-files.js';
import { makeCompressor } from '../../../../src/cli/rx-dump/files/compressor.js';
import { type RotationArguments, readRotation } from '../../../../src/cli/rx-dump/files/file-rotation.js';
import type { CaptureSink } from '../../../../src/cli/rx-dump/sinks/frame-sink.js';
import { UnavailableError } from '../../../../src/errors.js';
import { COMPILER_FLAG } from '../../../compiler-flag.js';
import { eventually } from '../../../kernel/deadline.js';
import { openedSince, openFiles } from '../../../open-files.js';
import { makeFolder } from '../../../tap/scratch-folder.js';

const FULL_DISK = fileURLToPath(new URL('full-disk-rotation.ts', import.meta.url));
const REFUSED = fileURLToPath(new URL('refused-rotation.ts', import.meta.url));
const NOBODY = 65_534;
const ITEM_BYTES = 100;
const DRAIN_MS = 20_000;

/** `<` before the items of a file, `>` after them: a file is whole when it has both. */
const SINK: CaptureSink = {
  begin: () => Buffer.from('<'),
  write: () => false,
  end: () => Buffer.from('>'),
};

/** Item `number`: its number, and dots. */
function makeItem(number: number): Uint8Array {
  return Buffer.from(String(number).padEnd(ITEM_BYTES, '.'));
}

/** The numbers of the items of a whole file; undefined for one that is not whole. */
function itemsIn(bytes: Buffer): number[] | undefined {
  const match = /^<((?:\d+\.+)*)>$/.exec(bytes.toString());
  return match === null ? undefined : Array.from(match[1]!.matchAll(/\d+/g), Number);
}

/** The items of each file of a folder, by its name. */
function itemsByName(folder: string): Record<string, number[] | undefined> {
  const names = readdirSync(folder).sort();
  return Object.fromEntries(names.map((name) => [name, itemsIn(readFileSync(join(folder, name)))]));
}

interface Row {
  readonly folder: string;
  readonly files: CaptureFiles;
  readonly warnings: string[];
  /** Writes the next `count` items as one burst. */
  burst(count: number): void;
  /** The clock of the files: milliseconds since 1970. */
  now: number;
}

function openRow(name: string, given: Omit<RotationArguments, 'write'>): Row {
  const folder = makeFolder();
  const write = join(folder, name);
  let number = 0;
  const warnings: string[] = [];
  const row = { folder, warnings, now: 1_000_000_000_500 };
  const files = new CaptureFiles(write, {
    sink: SINK,
    rotation: readRotation({ write, ...given })!,
    warn: (text) => warnings.push(text),
    clock: () => row.now,
  });
  const burst = (count: number) => {
    for (let end = number + count; number < end; number++) files.write(makeItem(number));
    files.flushSoon();
  };
  return Object.assign(row, { files, burst });
}

test('CaptureFiles begins the next file when the current one has the wanted size', (t) => {
  const row = openRow('c', { fileSize: '1k' });
  using files = row.files;
  row.burst(11);
  t.deepEqual(readdirSync(row.folder), ['c.part'], 'a file that has room is not whole');
  row.burst(10);
  t.deepEqual(readdirSync(row.folder), ['c', 'c1.part']);
  row.burst(5);
  files.finish();
  files.finish();
  t.deepEqual(itemsByName(row.folder), {
    c: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    c1: [11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21],
    c2: [22, 23, 24, 25],
  });
  t.deepEqual([files.refused, files.dropped, files.error], [0, 0, undefined]);
  t.false(files.write(makeItem(99)), 'no item comes after the end');
});

test('CaptureFiles keeps the last files of a ring when it is full', (t) => {
  const row = openRow('r', { fileSize: '1k', fileCount: '2' });
  using files = row.files;
  row.burst(35);
  t.deepEqual(
    readdirSync(row.folder),
    ['r0', 'r1', 'r1.part'],
    'the old one stays until the new one is whole',
  );
  t.is(itemsIn(readFileSync(join(row.folder, 'r1')))?.[0], 11);
  files.finish();
  t.deepEqual(itemsByName(row.folder), {
    r0: [22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32],
    r1: [33, 34],
  });
});

test('CaptureFiles begins files between bursts at full steps of the clock, and numbers those within a step', (t) => {
  const row = openRow('t-%s.', { rotateSeconds: '10', fileSize: '1k' });
  using files = row.files;
  row.burst(3);
  row.now += 9_400;
  row.burst(3);
  row.now += 100;
  row.burst(15);
  row.now += 35_000;
  row.burst(1);
  files.finish();
  t.deepEqual(itemsByName(row.folder), {
    't-1000000000.': [0, 1, 2, 3, 4, 5],
    't-1000000010.': [6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
    't-1000000010.1': [17, 18, 19, 20],
    't-1000000045.': [21],
  });
});

test('CaptureFiles begins the next file by itself when no frame comes', async (t) => {
  const folder = makeFolder();
  const write = join(folder, 'idle-%s');
  using files = new CaptureFiles(write, {
    sink: SINK,
    rotation: readRotation({ write, rotateSeconds: '1' })!,
    warn: (text) => t.fail(text),
  });
  await eventually(() => readdirSync(folder).length >= 3, 'three files');
  files.finish();
  for (const [name, items] of Object.entries(itemsByName(folder))) t.deepEqual(items, [], name);
  t.is(new Set(readdirSync(folder)).size, readdirSync(folder).length);
});

test('CaptureFiles calls its listener when the wanted number of files is complete, and loses nothing', (t) => {
  const row = openRow('n-%s', { rotateSeconds: '10', fileCount: '2' });
  using files = row.files;
  let told = 0;
  files.onError(() => {
    told += 1;
  });
  row.burst(1);
  row.now += 10_000;
  row.burst(1);
  t.is(told, 0);
  row.now += 10_000;
  row.burst(1);
  row.burst(1);
  t.is(told, 1);
  t.is(files.error, undefined);
  files.finish();
  t.deepEqual(itemsByName(row.folder), { 'n-1000000000': [0], 'n-1000000010': [1, 2, 3] });
  t.is(files.dropped, 0);
});

test('CaptureFiles goes on in a file of another name when rotate is called', (t) => {
  const row = openRow('h-%M', { rotateSeconds: '60' });
  using files = row.files;
  row.burst(1);
  t.true(files.rotate());
  row.burst(1);
  t.true(files.rotate());
  files.finish();
  t.deepEqual(itemsByName(row.folder), { 'h-46': [0], 'h-461': [1], 'h-462': [] });
  const bySize = openRow('s', { fileSize: '1' });
  using sized = bySize.files;
  bySize.burst(1);
  t.true(sized.rotate());
  sized.finish();
  t.deepEqual(itemsByName(bySize.folder), { s: [0], s1: [] });
});

test('CaptureFiles keeps an existing file until the new one is whole', (t) => {
  const row = openRow('old', { fileSize: '1k' });
  using files = row.files;
  writeFileSync(join(row.folder, 'old'), 'old');
  row.burst(5);
  files.flush();
  t.is(readFileSync(join(row.folder, 'old'), 'utf8'), 'old');
  t.is(statSync(join(row.folder, 'old.part')).size, 501, 'up to the last flush');
  files.finish();
  t.deepEqual(itemsByName(row.folder), { old: [0, 1, 2, 3, 4] });
});

test('CaptureFiles runs the command for each file, and waits for all of them when it drains', async (t) => {
  const row = openRow('-z', { fileSize: '1k', afterRotation: 'gzip' });
  using files = row.files;
  row.burst(25);
  files.finish();
  await files.drain(DRAIN_MS);
  t.deepEqual(readdirSync(row.folder), ['-z.gz', '-z1.gz', '-z2.gz']);
  const items = readdirSync(row.folder).flatMap(
    (name) => itemsIn(gunzipSync(readFileSync(join(row.folder, name)))) ?? [],
  );
  t.deepEqual(
    items,
    Array.from({ length: 25 }, (_, number) => number),
  );
  t.deepEqual(row.warnings, []);
});

test('CaptureFiles warns and goes on when a command fails or does not exist', async (t) => {
  const row = openRow('f', { fileSize: '1k', afterRotation: 'false' });
  using files = row.files;
  row.burst(12);
  files.finish();
  await files.drain(DRAIN_MS);
  const [first, second] = ['f', 'f1'].map((name) => join(row.folder, name));
  t.deepEqual(row.warnings.toSorted(), [
    `"false ${first}" ended with exit code 1`,
    `"false ${second}" ended with exit code 1`,
  ]);
  const other = openRow('f', { fileSize: '1k', afterRotation: 'no-such-command' });
  using none = other.files;
  none.finish();
  await none.drain(DRAIN_MS);
  t.deepEqual(other.warnings, [
    `cannot run "no-such-command ${join(other.folder, 'f')}": there is no such command`,
  ]);
  t.is(none.error, undefined);
});

test('CaptureFiles replaces what gzip made of the last round of a ring, and leaves nothing stale', async (t) => {
  const row = openRow('r', { fileSize: '1k', fileCount: '2', afterRotation: 'gzip -1' });
  using files = row.files;
  for (let round = 0; round < 5; round++) {
    row.burst(11);
    await files.drain(DRAIN_MS);
  }
  files.finish();
  await files.drain(DRAIN_MS);
  t.deepEqual(row.warnings, []);
  t.deepEqual(readdirSync(row.folder), ['r0.gz', 'r1.gz']);
  const first = ({ folder }: Row, name: string) => itemsIn(gunzipSync(readFileSync(join(folder, name))))?.[0];
  t.deepEqual([first(row, 'r0.gz'), first(row, 'r1.gz')], [44, 33]);
});

test('CaptureFiles keeps the last files, whatever their names, and removes no other file', async (t) => {
  for (const [name, given, kept] of [
    ['c', { fileSize: '1k' }, ['c3', 'c4']],
    ['t-%s', { rotateSeconds: '10' }, ['t-1000000030', 't-1000000040']],
    ['b-%s.', { rotateSeconds: '20', fileSize: '1k' }, ['b-1000000020.1', 'b-1000000040.']],
    ['z-%s', { rotateSeconds: '10', afterRotation: 'gzip' }, ['z-1000000030.gz', 'z-1000000040.gz']],
    ['w-%M', { rotateSeconds: '10' }, ['w-473', 'w-474']],
  ] as const) {
    const row = openRow(name, { keep: '2', ...given });
    using files = row.files;
    writeFileSync(join(row.folder, 'a-other'), 'other');
    row.now = 1_000_000_000_500 + (name.startsWith('w') ? 20_000 : 0);
    for (let round = 0; round < 5; round++) {
      row.burst(11);
      row.now += 10_000;
      if (round === 2) t.true(readdirSync(row.folder).length <= 1 + 2 + 2, 'not only at the end');
    }
    files.finish();
    await files.drain(DRAIN_MS);
    t.deepEqual(row.warnings, []);
    t.deepEqual(readdirSync(row.folder), ['a-other', ...kept], name);
  }
});

test('CaptureFiles goes on with a warning when a file that is too many cannot be removed', (t) => {
  const row = openRow('c', { fileSize: '1k', keep: '1' });
  using files = row.files;
  row.burst(12);
  rmSync(join(row.folder, 'c'));
  mkdirSync(join(row.folder, 'c'));
  row.burst(12);
  files.finish();
  t.is(files.error, undefined);
  t.is(row.warnings.length, 1);
  t.regex(row.warnings[0]!, /^cannot remove ".*\/c": unlink failed with E/);
});

test('CaptureFiles compresses: each file is whole when it has its name, and a part up to its last flush', (t) => {
  const folder = makeFolder();
  const write = join(folder, 'c.pcapng.gz');
  const rotation = readRotation({ write, fileSize: '1k' })!;
  const compressor = makeCompressor('gzip');
  using files = new CaptureFiles(write, { sink: SINK, rotation, compressor, warn: (text) => t.fail(text) });
  const read = (name: string) => gunzipSync(readFileSync(join(folder, name)));
  t.is(read('c.pcapng.gz.part').toString(), '<');
  for (let number = 0; number < 25; number++) files.write(makeItem(number));
  files.flush();
  t.deepEqual(readdirSync(folder), ['c.pcapng.gz', 'c.pcapng1.gz', 'c.pcapng2.gz.part']);
  t.is(itemsIn(Buffer.concat([read('c.pcapng2.gz.part'), Buffer.from('>')]))?.length, 3);
  files.finish();
  t.deepEqual(
    readdirSync(folder).flatMap((name) => itemsIn(read(name)) ?? []),
    Array.from({ length: 25 }, (_, number) => number),
  );
});

test('CaptureFile compresses, and keeps the suffix when it is renamed', (t) => {
  const folder = makeFolder();
  const path = join(folder, 'f.pcap.gz');
  using file = new CaptureFile(path, { sink: SINK, compressor: makeCompressor('gzip') });
  file.write(makeItem(0));
  file.flush();
  t.is(itemsIn(Buffer.concat([gunzipSync(readFileSync(path)), Buffer.from('>')]))?.length, 1);
  t.true(file.rotate());
  file.finish();
  t.deepEqual(readdirSync(folder), ['f.pcap.gz', 'f.pcap1.gz']);
  t.deepEqual(itemsIn(gunzipSync(readFileSync(join(folder, 'f.pcap1.gz')))), [0]);
});

test.serial('CaptureFile refuses to compress what is no regular file, and closes it', (t) => {
  const path = join(makeFolder(), 'null.gz');
  symlinkSync('/dev/null', path);
  const before = openFiles();
  t.throws(() => new CaptureFile(path, { sink: SINK, compressor: makeCompressor('gzip') }), {
    instanceOf: TypeError,
    message: `cannot write "${path}": only a regular file can be compressed`,
  });
  t.deepEqual(openedSince(before), []);
});

test.serial('CaptureFile and CaptureFiles close the file when its head cannot be made', (t) => {
  const path = join(makeFolder(), 'f.pcap');
  const sink: typeof SINK = {
    ...SINK,
    begin() {
      throw new RangeError('no head');
    },
  };
  const before = openFiles();
  t.throws(() => new CaptureFile(path, { sink }), { message: 'no head' });
  const rotation = readRotation({ write: path, fileSize: '1k' })!;
  t.throws(() => new CaptureFiles(path, { sink, rotation, warn: (text) => t.fail(text) }), {
    message: 'no head',
  });
  t.deepEqual(openedSince(before), []);
});

test('makeCompressor has zstd, or an error that says what this Node lacks', (t) => {
  if ('zstdCompressSync' in zlib) {
    t.deepEqual([...makeCompressor('zstd')(Buffer.from('x')).subarray(0, 4)], [0x28, 0xb5, 0x2f, 0xfd]);
    return;
  }
  const error = t.throws(() => makeCompressor('zstd'), { instanceOf: UnavailableError });
  t.is(error?.facility, 'zstd');
  t.is(error?.message, `cannot write .zst files: this Node (${process.version}) has no zstd`);
});

test('CaptureFiles writes the head of a file at once, at the start and after a rotation', (t) => {
  const row = openRow('h', { fileSize: '1k' });
  using files = row.files;
  t.is(readFileSync(join(row.folder, 'h.part'), 'utf8'), '<');
  t.true(files.rotate());
  t.is(readFileSync(join(row.folder, 'h1.part'), 'utf8'), '<');
});

test('CaptureFiles runs the command at the lowest priority', async (t) => {
  const folder = makeFolder();
  const script = join(folder, 'script');
  writeFileSync(script, '#!/bin/sh\nsleep 0.05; nice > "$1.nice"\n', { mode: 0o755 });
  const row = openRow('p', { fileSize: '1k', afterRotation: `'${script}'` });
  using files = row.files;
  files.finish();
  await files.drain(DRAIN_MS);
  t.is(readFileSync(join(row.folder, 'p.nice'), 'utf8'), '19\n');
});

test('CaptureFiles has an error and keeps what it has when the next file is refused', (t) => {
  if (process.geteuid?.() !== 0) {
    if (process.env.CI) t.fail('needs root');
    t.log('skipped: only root may change its user');
    t.pass();
    return;
  }
  const folder = join('/tmp', `rtap-refused-${process.pid}`);
  mkdirSync(folder);
  chownSync(folder, NOBODY, NOBODY);
  try {
    const words = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', process.execPath];
    const child = [COMPILER_FLAG, REFUSED, join(folder, 'c')];
    const { stdout, stderr } = spawnSync('setpriv', [...words, ...child], { encoding: 'utf8' });
    t.deepEqual(stdout === '' ? stderr : JSON.parse(stdout), {
      code: 'EACCES',
      told: 1,
      // One file is whole, though it could not get its name.
      refused: 4,
      warnings: [],
    });
    t.deepEqual(itemsByName(folder), { 'c.part': [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10] });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** What another user can plant under a name that it guesses: a name, and what makes it. */
const PLANTED: readonly (readonly [kind: string, word: string, plant: (path: string) => void])[] = [
  ['a FIFO', 'not a regular file', (path) => execFileSync('mkfifo', [path])],
  ['a link to a file', 'a symbolic link', (path) => symlinkSync('precious', path)],
  ['a link to nothing', 'a symbolic link', (path) => symlinkSync('absent', path)],
  ['a folder', 'not a regular file', (path) => mkdirSync(path)],
];

for (const [kind, word, plant] of PLANTED) {
  for (const name of ['c', 'c.part']) {
    test(`CaptureFiles refuses the first file when ${kind} is called ${name}`, (t) => {
      const folder = makeFolder();
      writeFileSync(join(folder, 'precious'), 'precious');
      plant(join(folder, name));
      const write = join(folder, 'c');
      const options = { sink: SINK, rotation: readRotation({ write, fileSize: '1' })!, warn: () => {} };
      t.throws(() => new CaptureFiles(write, options), {
        instanceOf: TypeError,
        message: `cannot write "${join(folder, name)}": it is ${word}, and rtap would replace it`,
      });
      t.deepEqual(readdirSync(folder), [name, 'precious']);
      t.is(readFileSync(join(folder, 'precious'), 'utf8'), 'precious');
    });

    test(`CaptureFiles has an error and waits for nothing when ${kind} takes the next name of ${name}`, (t) => {
      const row = openRow('c', { fileSize: '1k' });
      using files = row.files;
      writeFileSync(join(row.folder, 'precious'), 'precious');
      const next = join(row.folder, name.replace('c', 'c1'));
      plant(next);
      row.burst(12);
      t.like(files.error, { code: 'EEXIST', path: next });
      t.is(readFileSync(join(row.folder, 'precious'), 'utf8'), 'precious');
      t.deepEqual(itemsIn(readFileSync(join(row.folder, 'c'))), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    });
  }

  test(`CaptureFile follows and waits for nothing when ${kind} takes its name before it is reopened`, (t) => {
    const folder = makeFolder();
    writeFileSync(join(folder, 'precious'), 'precious');
    const path = join(folder, 'f');
    using file = new CaptureFile(path, { sink: SINK });
    renameSync(path, join(folder, 'moved'));
    plant(path);
    t.true(file.rotate());
    file.finish();
    if (kind.startsWith('a link')) t.deepEqual(itemsIn(readFileSync(path)), []);
    else t.like(file.error, { code: 'EEXIST', path });
    t.is(readFileSync(join(folder, 'precious'), 'utf8'), 'precious');
    t.false(existsSync(join(folder, 'absent')));
  });
}

test('CaptureFiles makes a part of its own when an earlier run, or another user, left one', (t) => {
  const folder = makeFolder();
  writeFileSync(join(folder, 'precious'), 'precious');
  linkSync(join(folder, 'precious'), join(folder, 'c.part'));
  const write = join(folder, 'c');
  using files = new CaptureFiles(write, {
    sink: SINK,
    rotation: readRotation({ write, fileSize: '1' })!,
    warn: (text) => t.fail(text),
  });
  files.finish();
  t.deepEqual(itemsByName(folder), { c: [], precious: undefined });
  t.is(readFileSync(join(folder, 'precious'), 'utf8'), 'precious');
});

test.serial('CaptureFiles closes every file when it goes on and when it is disposed', (t) => {
  const before = openFiles();
  const row = openRow('d', { fileSize: '1k', rotateSeconds: '60' });
  row.burst(50);
  t.is(openedSince(before).length, 1);
  row.files[Symbol.dispose]();
  t.deepEqual(openedSince(before), []);
  t.true(existsSync(join(row.folder, 'd4.part')), 'a run that did not come to its end finishes nothing');
});

test('CaptureFile reopens its file and loses nothing when rotate is called', (t) => {
  const folder = makeFolder();
  const path = join(folder, 'f');
  writeFileSync(`${path}1`, 'not ours');
  using file = new CaptureFile(path, { sink: SINK });
  file.write(makeItem(0));
  file.flush();
  renameSync(path, join(folder, 'moved'));
  file.write(makeItem(1));
  t.true(file.rotate());
  t.deepEqual(itemsIn(readFileSync(join(folder, 'moved'))), [0, 1]);
  file.write(makeItem(2));
  t.true(file.rotate(), 'not moved away');
  file.write(makeItem(3));
  file.finish();
  t.deepEqual(itemsByName(folder), { f: [3], f1: undefined, f2: [2], moved: [0, 1] });
  t.is(readFileSync(`${path}1`, 'utf8'), 'not ours');
  rmSync(folder, { recursive: true });
});

test('CaptureFile does not rotate when it is no regular file', (t) => {
  using file = new CaptureFile('/dev/null', { sink: SINK });
  t.false(file.rotate());
  file.write(makeItem(1));
  file.finish();
  t.is(file.error, undefined);
});

test('CaptureFiles keeps complete files, and whole items of the last one, when the disk is full', (t) => {
  if (process.geteuid?.() !== 0) {
    if (process.env.CI) t.fail('needs root');
    t.log('skipped: only root may mount a small disk');
    t.pass();
    return;
  }
  const script = 'mount -t tmpfs -o size=64k none "$0" && exec "$1" "$2" "$3" "$0/file"';
  const words = ['-m', 'sh', '-c', script, makeFolder(), process.execPath, COMPILER_FLAG, FULL_DISK];
  const { stdout, stderr } = spawnSync('unshare', words, { encoding: 'utf8' });
  t.deepEqual(stdout === '' ? stderr : JSON.parse(stdout), {
    code: 'ENOSPC',
    path: 'file1.part',
    told: 1,
    // 41 items of 1,000 bytes take 11 pages of 4 KiB; the 5 that are left have room for a head and 20 items, but no tail.
    sizes: { file: 41_002, 'file1.part': 20_001 },
    dropped: 40,
    accepted: false,
  });
});
