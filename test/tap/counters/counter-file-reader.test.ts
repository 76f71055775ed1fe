import { execFile, execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';
import { tryLock, trySharedLock, tryWriteLock } from '../../../src/sys/file-lock.js';
import { LITTLE_ENDIAN } from '../../../src/sys/platform.js';
import {
  counterFileName,
  isBeingWritten,
  isCounterFileName,
  isFinished,
  readCounterFile,
} from '../../../src/tap/counters/counter-file-reader.js';
import {
  COUNTER_LOCK,
  COUNTER_PID,
  counterBlock,
  counterFileSize,
  counterFileSizeMax,
  encodeCounterHeader,
  LOCK_FLOCK,
  ROLE_KEEPER,
} from '../../../src/tap/counters/counter-layout.js';
import { RX_PACKETS } from '../../../src/tap/counters/counter-table.js';
import { countsOf, emptyCounts } from '../../../src/tap/counters/queue-counts.js';
import { COMPILER_FLAG } from '../../compiler-flag.js';
import { makeFolder } from '../scratch-folder.js';

/** A counter file of `queueCount` queues. Queue n has received n + 1 packets. */
function makeBytes(queueCount: number): Uint8Array {
  const bytes = new Uint8Array(counterFileSize(queueCount));
  bytes.set(encodeCounterHeader({ pid: 77, role: ROLE_KEEPER, queueCount }));
  for (let number = 0; number < queueCount; number++) counterBlock(bytes, number)[RX_PACKETS] = number + 1;
  return bytes;
}

test("counterFileName returns a new name when it is called again, and each is a counter file's", (t) => {
  const [first, second] = [counterFileName(), counterFileName()];
  t.true(isCounterFileName(first));
  t.true(first.startsWith(`counters-${process.pid}-`));
  t.not(first, second);
});

test('isCounterFileName is false when a name is not exactly of that form', (t) => {
  t.true(isCounterFileName('counters-1-0123456789ab'));
  for (const name of [
    '',
    'counters-1-0123456789ab.new',
    'counters-1-0123456789abc',
    'counters-1-0123456789a',
    'counters-1-0123456789AB',
    'counters--0123456789ab',
    'counters-x-0123456789ab',
    'xcounters-1-0123456789ab',
    'counters-1-0123456789ab\n',
    '../counters-1-0123456789ab',
    'folded.json',
    'device.json',
  ]) {
    t.false(isCounterFileName(name), JSON.stringify(name));
  }
});

test('readCounterFile reads every queue when the file is whole', (t) => {
  const path = join(makeFolder(), 'file');
  writeFileSync(path, makeBytes(3));
  t.deepEqual(readCounterFile(path), {
    pid: 77,
    role: ROLE_KEEPER,
    queueCount: 3,
    queues: [countsOf([1]), countsOf([2]), countsOf([3])],
  });
});

test('readCounterFile is undefined when the file is cut at any byte', (t) => {
  const path = join(makeFolder(), 'file');
  const bytes = makeBytes(1);
  for (let length = 0; length < bytes.length; length += length < 64 ? 1 : 16) {
    writeFileSync(path, bytes.subarray(0, length));
    t.is(readCounterFile(path), undefined, `${length} bytes`);
  }
});

test('readCounterFile is undefined when the file is larger than one for the most queues of a device', (t) => {
  const path = join(makeFolder(), 'file');
  writeFileSync(path, makeBytes(256));
  t.is(readCounterFile(path)?.queues.length, 256);
  truncateSync(path, counterFileSizeMax(256));
  t.is(readCounterFile(path)?.queues.length, 256);
  truncateSync(path, counterFileSizeMax(256) + 1);
  t.is(readCounterFile(path), undefined);
  // A sparse file, which must not be read into memory.
  truncateSync(path, 2 ** 40);
  t.is(readCounterFile(path), undefined);
});

test('readCounterFile and isFinished ignore a path when it is no regular file', (t) => {
  const folder = makeFolder();
  writeFileSync(join(folder, 'file'), makeBytes(1));
  symlinkSync('file', join(folder, 'link'));
  symlinkSync('nothing', join(folder, 'dangling'));
  mkdirSync(join(folder, 'folder'));
  execFileSync('mkfifo', [join(folder, 'fifo')]);
  for (const name of ['link', 'dangling', 'folder', 'fifo', 'missing']) {
    t.is(readCounterFile(join(folder, name)), undefined, name);
    t.false(isFinished(join(folder, name)), name);
  }
  t.not(readCounterFile(join(folder, 'file')), undefined);
});

test('isFinished is false when a writer holds its lock, and true when it has closed the file', (t) => {
  const path = join(makeFolder(), 'file');
  writeFileSync(path, makeBytes(1));
  t.true(isFinished(path));
  const fd = openSync(path, 'r+');
  t.true(tryWriteLock(fd, path));
  t.false(isFinished(path));
  t.true(isBeingWritten(path));
  closeSync(fd);
  t.true(isFinished(path));
});

test('isFinished is true when a process that may only read the file has locked it', (t) => {
  const path = join(makeFolder(), 'file');
  writeFileSync(path, makeBytes(1));
  const stranger = openSync(path, 'r');
  t.true(tryLock(stranger, path));
  t.true(isFinished(path));
  t.false(isBeingWritten(path));
  closeSync(stranger);
});

test('isFinished is false for the file of an older release when it is locked and a process has the number of its writer', (t) => {
  const path = join(makeFolder(), 'file');
  const writtenBy = (pid: number): void => {
    const bytes = makeBytes(1);
    const view = new DataView(bytes.buffer);
    view.setUint32(COUNTER_PID, pid, LITTLE_ENDIAN);
    view.setUint32(COUNTER_LOCK, LOCK_FLOCK, LITTLE_ENDIAN);
    writeFileSync(path, bytes);
  };
  writtenBy(process.pid);
  t.true(isFinished(path));
  const fd = openSync(path, 'r');
  t.true(tryLock(fd, path));
  t.false(isFinished(path));
  t.true(isBeingWritten(path));
  // No process has this number: pid_max is at most 2^22.
  writtenBy(2 ** 22 + 1);
  t.true(isFinished(path));
  closeSync(fd);
});

for (const value of [Number.NaN, Number.POSITIVE_INFINITY, -5.5, -1, 0.3, 1e300, 2 ** 53]) {
  test(`readCounterFile reads 0 when a counter is ${value}`, (t) => {
    const path = join(makeFolder(), 'file');
    const bytes = makeBytes(1);
    counterBlock(bytes, 0).fill(value);
    counterBlock(bytes, 0)[RX_PACKETS] = 7;
    writeFileSync(path, bytes);
    t.deepEqual(readCounterFile(path)?.queues, [{ ...emptyCounts(), rxPackets: 7 }]);
  });
}

test('isFinished is true when another probe holds its lock at the same moment', (t) => {
  const path = join(makeFolder(), 'file');
  writeFileSync(path, makeBytes(1));
  const otherProbe = openSync(path, 'r');
  t.true(trySharedLock(otherProbe, path));
  t.true(isFinished(path));
  t.false(isBeingWritten(path));
  closeSync(otherProbe);
});

test('isFinished never takes a dead writer for a living one when three processes probe at once', async (t) => {
  const path = join(makeFolder(), 'file');
  writeFileSync(path, makeBytes(1));
  t.deepEqual(await probesSayingAlive(path), ['0', '0', '0']);
});

test('isFinished never takes a living writer for a dead one when three processes probe at once', async (t) => {
  const path = join(makeFolder(), 'file');
  writeFileSync(path, makeBytes(1));
  const fd = openSync(path, 'r+');
  t.true(tryWriteLock(fd, path));
  t.deepEqual(await probesSayingAlive(path), [PROBES, PROBES, PROBES]);
  closeSync(fd);
});

const PROBES = '5000';

/** How many of PROBES probes in a row find the writer of `path` alive, in each of three processes. */
async function probesSayingAlive(path: string): Promise<string[]> {
  const script = fileURLToPath(new URL('probing-process.ts', import.meta.url));
  const probing = [1, 2, 3].map(() =>
    promisify(execFile)(process.execPath, [COMPILER_FLAG, script, path, PROBES]),
  );
  return (await Promise.all(probing)).map(({ stdout }) => stdout);
}
