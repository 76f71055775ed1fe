import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs, {
  chmodSync,
  chownSync,
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import test from 'ava';
import { isWriteLocked, tryLock } from '../../../src/sys/file-lock.js';
import {
  counterFileName,
  isCounterFileName,
  isFinished,
  readCounterFile,
} from '../../../src/tap/counters/counter-file-reader.js';
import {
  counterBlock,
  counterFileSize,
  encodeCounterHeader,
  ROLE_READER,
  ROLE_SENDER,
} from '../../../src/tap/counters/counter-layout.js';
import { RX_PACKETS, TX_BYTES } from '../../../src/tap/counters/counter-table.js';
import {
  foldFinishedWriters,
  isCountedIn,
  readCounterBase,
  readCounterTotals,
  readCounterWriters,
  writeCounterBase,
} from '../../../src/tap/counters/counter-totals.js';
import { CounterWriter } from '../../../src/tap/counters/counter-writer.js';
import { tryFoldLock } from '../../../src/tap/counters/fold-lock.js';
import { emptyCounts } from '../../../src/tap/counters/queue-counts.js';
import { COMPILER_FLAG } from '../../compiler-flag.js';
import { makeFolder } from '../scratch-folder.js';

const root = makeFolder();
let folders = 0;

function folder(): string {
  folders += 1;
  const path = join(root, String(folders));
  mkdirSync(path);
  return path;
}

/** Leaves the counter file of a writer that has ended. */
function leaveCounters(directory: string, counts: readonly number[]): string {
  const bytes = new Uint8Array(counterFileSize(counts.length));
  bytes.set(encodeCounterHeader({ pid: 1, role: ROLE_READER, queueCount: counts.length }));
  for (const [number, count] of counts.entries()) counterBlock(bytes, number)[RX_PACKETS] = count;
  const name = counterFileName();
  writeFileSync(join(directory, name), bytes);
  return name;
}

function received(directory: string): number[] {
  return readCounterTotals(directory).map(({ rxPackets }) => rxPackets);
}

test('readCounterTotals is empty when there is no counter file, or no folder', (t) => {
  t.deepEqual(readCounterTotals(folder()), []);
  t.deepEqual(readCounterTotals(join(root, 'absent')), []);
});

test('CounterWriter shows counts to readers at once, and they stay in the sums when it is closed', (t) => {
  const directory = folder();
  const writer = CounterWriter.open(directory, 2, ROLE_SENDER);
  writer.queue(1)[TX_BYTES] = 77;
  t.deepEqual(readCounterTotals(directory), [emptyCounts(), { ...emptyCounts(), txBytes: 77 }]);
  t.deepEqual(readCounterWriters(directory), [{ pid: process.pid, role: ROLE_SENDER }]);
  t.true(isCountedIn(directory));
  const [name] = readdirSync(directory);
  t.true(isCounterFileName(name!));
  t.false(isFinished(join(directory, name!)));
  writer[Symbol.dispose]();
  writer[Symbol.dispose]();
  t.deepEqual(readdirSync(directory), ['folded.json']);
  t.deepEqual(readCounterTotals(directory)[1], { ...emptyCounts(), txBytes: 77 });
  t.deepEqual(readCounterWriters(directory), []);
  t.false(isCountedIn(directory));
  t.false(isCountedIn(join(root, 'absent')));
});

test('CounterWriter returns private counters when it is closed', (t) => {
  const writer = CounterWriter.open(folder(), 1, ROLE_READER);
  writer[Symbol.dispose]();
  t.notThrows(() => {
    writer.queue(0)[0] = 1;
  });
});

test('CounterWriter throws when its folder does not exist', (t) => {
  t.throws(() => CounterWriter.open(join(root, 'absent'), 1, ROLE_READER), { code: 'ENOENT' });
});

test('readCounterTotals adds up ended writers when their numbers of queues differ', (t) => {
  const directory = folder();
  leaveCounters(directory, [1, 2]);
  leaveCounters(directory, [10, 20, 30]);
  using writer = CounterWriter.open(directory, 1, ROLE_READER);
  writer.queue(0)[RX_PACKETS] = 100;
  t.deepEqual(received(directory), [111, 22, 30]);
});

test('foldFinishedWriters adds files to the sums and changes no total when their writers have ended', (t) => {
  const directory = folder();
  leaveCounters(directory, [1, 2]);
  leaveCounters(directory, [10]);
  using writer = CounterWriter.open(directory, 1, ROLE_READER);
  writer.queue(0)[RX_PACKETS] = 100;
  t.deepEqual(received(directory), [111, 2]);
  foldFinishedWriters(directory);
  t.is(readdirSync(directory).filter(isCounterFileName).length, 1);
  t.deepEqual(received(directory), [111, 2]);
  leaveCounters(directory, [1000]);
  foldFinishedWriters(directory);
  foldFinishedWriters(directory);
  t.deepEqual(received(directory), [1111, 2]);
});

test('readCounterTotals counts a file once when it was folded and is still there', (t) => {
  // A crash between the two steps of a fold leaves such a file.
  const directory = folder();
  const name = leaveCounters(directory, [5]);
  const kept = join(root, 'kept');
  copyFileSync(join(directory, name), kept);
  foldFinishedWriters(directory);
  copyFileSync(kept, join(directory, name));
  t.deepEqual(received(directory), [5]);
  foldFinishedWriters(directory);
  t.deepEqual(received(directory), [5]);
  t.deepEqual(readdirSync(directory), ['folded.json']);
});

test('foldFinishedWriters loses and doubles nothing when a process is killed at any moment', async (t) => {
  const directory = folder();
  for (let round = 0; round < 40; round++) leaveCounters(directory, [1]);
  const script = `
    import { foldFinishedWriters } from './src/tap/counters/counter-totals.ts';
    console.log('ready');
    foldFinishedWriters(${JSON.stringify(directory)});`;
  for (let round = 0; round < 3; round++) {
    const child = spawn(process.execPath, [COMPILER_FLAG, '--input-type=module', '-e', script]);
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    t.deepEqual(received(directory), [40]);
  }
  foldFinishedWriters(directory);
  t.deepEqual(received(directory), [40]);
});

test('foldFinishedWriters adds up a file when its layout is the first, and leaves it when it is a later one', (t) => {
  const directory = folder();
  leaveCounters(directory, [3]);
  const first = new Uint8Array(64 + 128);
  first.set(Buffer.from('rtapcnt1'));
  new Uint32Array(first.buffer, 16, 1)[0] = 1;
  new Float64Array(first.buffer, 64, 8).set([4, 400, 0, 0, 0, 0, 0, 0]);
  writeFileSync(join(directory, counterFileName()), first);
  const later = Uint8Array.from(first);
  later.set(Buffer.from('rtapcnt9'));
  const laterName = counterFileName();
  writeFileSync(join(directory, laterName), later);
  t.deepEqual(received(directory), [7]);
  foldFinishedWriters(directory);
  t.deepEqual(received(directory), [7]);
  t.deepEqual(readdirSync(directory).sort(), [laterName, 'folded.json'].sort());
});

test('folded.json and base.json hold no counters when these are 0', (t) => {
  const directory = folder();
  leaveCounters(directory, [3]);
  foldFinishedWriters(directory);
  writeCounterBase(directory, readCounterTotals(directory), {});
  for (const name of ['folded.json', 'base.json']) {
    const { queues } = JSON.parse(readFileSync(join(directory, name), 'utf8')) as { queues: unknown };
    t.deepEqual(queues, [{ rxPackets: 3 }], name);
  }
});

test('readCounterTotals ignores files when they are no counter files', (t) => {
  const directory = folder();
  leaveCounters(directory, [3]);
  const name = () => join(directory, counterFileName());
  writeFileSync(name(), '');
  writeFileSync(name(), 'short');
  writeFileSync(name(), new Uint8Array(200));
  writeFileSync(name(), new Uint8Array(10_000_000));
  writeFileSync(join(directory, 'device.json'), '{}');
  mkdirSync(name());
  symlinkSync('/etc/passwd', name());
  symlinkSync(join(directory, 'nowhere'), name());
  execFileSync('mkfifo', [name()]);
  t.deepEqual(received(directory), [3]);
});

test('readCounterTotals ignores the sums when they are damaged', (t) => {
  const directory = folder();
  leaveCounters(directory, [3]);
  const damaged = [
    '',
    '{',
    'null',
    '[]',
    '7',
    '{"queues":7,"writers":"x"}',
    '{"queues":[{"rxPackets":"many"}]}',
  ];
  for (const text of damaged) {
    writeFileSync(join(directory, 'folded.json'), text);
    t.deepEqual(received(directory), [3], text);
  }
});

test("readCounterBase returns the sums and the kernel's counters when writeCounterBase has stored them", (t) => {
  const directory = folder();
  t.is(readCounterBase(directory), undefined);
  leaveCounters(directory, [3, 4]);
  writeCounterBase(directory, readCounterTotals(directory), { 'rx.packets': 9 });
  const base = readCounterBase(directory)!;
  t.true(Math.abs(Date.parse(base.since) - Date.now()) < 60_000);
  t.deepEqual(
    base.queues.map(({ rxPackets }) => rxPackets),
    [3, 4],
  );
  t.deepEqual(base.kernel, { 'rx.packets': 9 });
  writeFileSync(join(directory, 'base.json'), '{"since":7}');
  t.is(readCounterBase(directory), undefined);
});

test('readCounterFile reads the header and every queue when the file has two queues', (t) => {
  const directory = folder();
  const path = join(directory, leaveCounters(directory, [8, 9]));
  const file = readCounterFile(path)!;
  t.like(file, { pid: 1, role: ROLE_READER, queueCount: 2 });
  t.deepEqual(
    file.queues.map(({ rxPackets }) => rxPackets),
    [8, 9],
  );
  t.is(readCounterFile(join(directory, 'absent')), undefined);
});

test.serial('CounterWriter locks its file before another user can open it', (t) => {
  const { fchmodSync } = fs;
  const before: { readonly mode: number; readonly locked: boolean }[] = [];
  const directory = folder();
  fs.fchmodSync = (fd, mode) => {
    const [name] = readdirSync(directory);
    const path = join(directory, name!);
    const reader = openSync(path, 'r');
    before.push({ mode: fs.fstatSync(fd).mode & 0o777, locked: isWriteLocked(reader, path) });
    closeSync(reader);
    fchmodSync(fd, mode);
  };
  syncBuiltinESMExports();
  const mask = process.umask(0);
  let writer: CounterWriter | undefined;
  try {
    writer = CounterWriter.open(directory, 1, ROLE_READER);
  } finally {
    process.umask(mask);
    fs.fchmodSync = fchmodSync;
    syncBuiltinESMExports();
  }
  writer[Symbol.dispose]();
  t.deepEqual(before, [{ mode: 0o600, locked: true }]);
});

test('foldFinishedWriters folds when a stranger has locked the folder and the file of a writer that ended', (t) => {
  const directory = folder();
  const path = join(directory, leaveCounters(directory, [5]));
  const [folderLock, fileLock] = [openSync(directory, 'r'), openSync(path, 'r')];
  t.true(tryLock(folderLock, directory));
  t.true(tryLock(fileLock, path));
  foldFinishedWriters(directory);
  t.deepEqual(readdirSync(directory), ['folded.json']);
  t.deepEqual(received(directory), [5]);
  closeSync(folderLock);
  closeSync(fileLock);
});

test('foldFinishedWriters does nothing while another process folds', (t) => {
  const directory = folder();
  const name = leaveCounters(directory, [5]);
  {
    using lock = tryFoldLock(directory);
    t.truthy(lock);
    t.is(tryFoldLock(directory), undefined);
    foldFinishedWriters(directory);
    t.deepEqual(readdirSync(directory).sort(), [name, 'fold.lock']);
  }
  foldFinishedWriters(directory);
  t.deepEqual(readdirSync(directory), ['folded.json']);
});

test('foldFinishedWriters folds when a process died while it folded', (t) => {
  const directory = folder();
  leaveCounters(directory, [5]);
  writeFileSync(join(directory, 'fold.lock'), '', { mode: 0o600 });
  foldFinishedWriters(directory);
  t.deepEqual(readdirSync(directory), ['folded.json']);
});

const PLANTED_LOCKS: Readonly<Record<string, (path: string) => void>> = {
  'a file that all may read': (path) => writeFileSync(path, '', { mode: 0o644 }),
  'a link': (path) => symlinkSync('/etc/passwd', path),
  'a pipe': (path) => execFileSync('mkfifo', ['-m', '600', path]),
  'a folder': (path) => mkdirSync(path),
  "another user's": (path) => {
    writeFileSync(path, '', { mode: 0o600 });
    if (process.geteuid?.() === 0) chownSync(path, 65_534, 65_534);
    else chmodSync(path, 0o666);
  },
};
for (const [kind, plant] of Object.entries(PLANTED_LOCKS)) {
  test(`foldFinishedWriters folds when the lock that it finds is ${kind}`, (t) => {
    const directory = folder();
    leaveCounters(directory, [5]);
    plant(join(directory, 'fold.lock'));
    foldFinishedWriters(directory);
    const left = readdirSync(directory).filter((name) => !/^fold\.lock\.\w+$/.test(name));
    t.deepEqual(left, ['folded.json']);
    t.deepEqual(received(directory), [5]);
  });
}

test('readCounterTotals reads 1024 files at most when there are more', (t) => {
  const directory = folder();
  const kept = join(directory, leaveCounters(directory, [1]));
  for (let planted = 1; planted < 3000; planted++) copyFileSync(kept, join(directory, counterFileName()));
  t.deepEqual(received(directory), [1024]);
});

test("readCounterTotals prefers the files of the folder's owner when there are more than 1024", (t) => {
  if (process.geteuid?.() !== 0) {
    t.log('skipped: only root can give files away');
    t.pass();
    return;
  }
  const directory = folder();
  const kept = join(directory, leaveCounters(directory, [1]));
  for (let planted = 0; planted < 1500; planted++) {
    // Before the owner's by name.
    const path = join(directory, `counters-0-${planted.toString(16).padStart(12, '0')}`);
    copyFileSync(kept, path);
    chownSync(path, 65_534, 65_534);
  }
  leaveCounters(directory, [100_000]);
  t.deepEqual(received(directory), [100_000 + 1023]);
});

for (const value of ['1e300', '-1', '0.5', '1e999', 'null', '"7"', '[]']) {
  test(`readCounterTotals and readCounterBase ignore ${value} in the files of sums`, (t) => {
    const directory = folder();
    leaveCounters(directory, [3]);
    writeFileSync(
      join(directory, 'folded.json'),
      `{"queues":[{"rxPackets":${value},"rxBytes":4}],"writers":[]}`,
    );
    writeFileSync(
      join(directory, 'base.json'),
      `{"since":"2026-01-01T00:00:00Z","queues":[{"rxPackets":${value}}],"kernel":{"rx.packets":${value}}}`,
    );
    t.deepEqual(readCounterTotals(directory), [{ ...emptyCounts(), rxPackets: 3, rxBytes: 4 }]);
    t.deepEqual(readCounterBase(directory)?.queues, [emptyCounts()]);
    t.deepEqual(readCounterBase(directory)?.kernel, {});
  });
}

test('CounterWriter lets all users read its file, and only the owner write it, when it makes it', (t) => {
  const directory = folder();
  using _writer = CounterWriter.open(directory, 1, ROLE_READER);
  const [name] = readdirSync(directory);
  chmodSync(directory, 0o755);
  t.is(execFileSync('stat', ['-c', '%a', join(directory, name!)], { encoding: 'utf8' }).trim(), '644');
});

test('readCounterTotals loses and doubles nothing when other processes count and end meanwhile', async (t) => {
  const directory = folder();
  const script = `
    import { CounterWriter } from './src/tap/counters/counter-writer.ts';
    for (let round = 0; round < 30; round++) {
      const writer = CounterWriter.open(${JSON.stringify(directory)}, 1, 1);
      writer.queue(0)[0] += 1;
      writer[Symbol.dispose]();
    }`;
  const children = [1, 2, 3].map(() =>
    spawn(process.execPath, [COMPILER_FLAG, '--input-type=module', '-e', script]),
  );
  const ended = Promise.all(children.map((child) => once(child, 'exit')));
  let over = false;
  void ended.then(() => {
    over = true;
  });
  let last = 0;
  while (!over) {
    const [sum = 0] = received(directory);
    t.true(sum >= last && sum <= 90, `${sum} after ${last}`);
    last = sum;
    await new Promise((resolve) => setImmediate(resolve));
  }
  t.deepEqual(received(directory), [90]);
  t.true(readFileSync(join(directory, 'folded.json'), 'utf8').length > 0);
  rmSync(directory, { recursive: true });
});
