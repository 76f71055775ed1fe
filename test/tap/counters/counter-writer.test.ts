import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { isCounterFileName, readCounterFile } from '../../../src/tap/counters/counter-file-reader.js';
import { ROLE_KEEPER, ROLE_READER, ROLE_SENDER } from '../../../src/tap/counters/counter-layout.js';
import { RX_BYTES, RX_PACKETS, TX_PACKETS } from '../../../src/tap/counters/counter-table.js';
import {
  foldFinishedWriters,
  readCounterTotals,
  readCounterWriters,
} from '../../../src/tap/counters/counter-totals.js';
import { CounterWriter } from '../../../src/tap/counters/counter-writer.js';
import { countsOf } from '../../../src/tap/counters/queue-counts.js';
import { COMPILER_FLAG } from '../../compiler-flag.js';
import { openFiles } from '../../open-files.js';
import { makeFolder } from '../scratch-folder.js';

const COUNTING_PROCESS = fileURLToPath(new URL('counting-process.ts', import.meta.url));

/** Files in `folder` that this process has open or mapped. The test runner opens and closes other files meanwhile. */
function filesInUse(folder: string): string[] {
  const mapped = readFileSync('/proc/self/maps', 'utf8').split('\n');
  return [...openFiles(), ...mapped].filter((line) => line.includes(folder));
}

test('CounterWriter shows counts to a reader when it has just counted them', (t) => {
  const folder = makeFolder();
  using writer = CounterWriter.open(folder, 2, ROLE_READER);
  const [name] = readdirSync(folder);
  t.true(isCounterFileName(name!));
  const counters = writer.queue(1);
  counters[RX_PACKETS]! += 3;
  counters[RX_BYTES]! += 180;
  t.deepEqual(readCounterFile(join(folder, name!)), {
    pid: process.pid,
    role: ROLE_READER,
    queueCount: 2,
    queues: [countsOf([]), countsOf([3, 180])],
  });
});

test('CounterWriter makes a file that all users may read when the umask is strict', (t) => {
  const folder = makeFolder();
  const umask = process.umask(0o077);
  try {
    using _writer = CounterWriter.open(folder, 1, ROLE_READER);
    t.is(statSync(join(folder, readdirSync(folder)[0]!)).mode & 0o777, 0o644);
  } finally {
    process.umask(umask);
  }
});

test('CounterWriter leaves its counts in the sums, and no file, when it is disposed', (t) => {
  const folder = makeFolder();
  const writer = CounterWriter.open(folder, 1, ROLE_SENDER);
  t.true(filesInUse(folder).length > 0);
  writer.queue(0)[TX_PACKETS] = 5;
  writer[Symbol.dispose]();
  writer[Symbol.dispose]();
  t.deepEqual(readdirSync(folder), ['folded.json']);
  t.deepEqual(readCounterTotals(folder), [countsOf([0, 0, 0, 0, 5])]);
  t.deepEqual(filesInUse(folder), []);
});

test('CounterWriter returns counters that no file has when it is disposed', (t) => {
  const folder = makeFolder();
  const writer = CounterWriter.open(folder, 1, ROLE_SENDER);
  writer[Symbol.dispose]();
  t.notThrows(() => {
    writer.queue(0)[TX_PACKETS]! += 1;
  });
  t.deepEqual(readCounterTotals(folder), [countsOf([])]);
});

test('CounterWriter throws and leaves nothing when the folder cannot be written', (t) => {
  const folder = makeFolder();
  t.throws(() => CounterWriter.open(join(folder, 'missing'), 1, ROLE_READER), { code: 'ENOENT' });
  t.deepEqual(filesInUse(folder), []);
});

test('readCounterTotals adds up two CounterWriters when both count for one queue', (t) => {
  const folder = makeFolder();
  using reader = CounterWriter.open(folder, 2, ROLE_READER);
  using sender = CounterWriter.open(folder, 3, ROLE_SENDER);
  reader.queue(0)[RX_PACKETS] = 10;
  sender.queue(0)[RX_PACKETS] = 1;
  sender.queue(0)[TX_PACKETS] = 7;
  sender.queue(2)[TX_PACKETS] = 2;
  t.deepEqual(readCounterTotals(folder), [
    countsOf([11, 0, 0, 0, 7]),
    countsOf([]),
    countsOf([0, 0, 0, 0, 2]),
  ]);
  const roles = readCounterWriters(folder).map(({ role, pid }) => [role, pid]);
  t.deepEqual(roles.sort(), [
    [ROLE_READER, process.pid],
    [ROLE_SENDER, process.pid],
  ]);
});

test('CounterWriter leaves the counts of a running writer when it ends beside it', (t) => {
  const folder = makeFolder();
  using staying = CounterWriter.open(folder, 1, ROLE_KEEPER);
  for (let round = 1; round <= 5; round++) {
    using passing = CounterWriter.open(folder, 1, ROLE_READER);
    passing.queue(0)[RX_PACKETS] = 100;
    staying.queue(0)[RX_PACKETS]! += 1;
    t.deepEqual(readCounterTotals(folder), [countsOf([round * 101])]);
  }
  t.deepEqual(readCounterTotals(folder), [countsOf([505])]);
  t.is(readdirSync(folder).filter(isCounterFileName).length, 1);
});

test('CounterWriter loses nothing when its process is killed', async (t) => {
  const folder = makeFolder();
  const child = spawn(process.execPath, [COMPILER_FLAG, COUNTING_PROCESS, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  await Promise.race([once(child.stdout, 'data'), ended]);
  t.deepEqual(readCounterWriters(folder), [{ pid: child.pid!, role: ROLE_READER }]);
  foldFinishedWriters(folder);
  t.false(existsSync(join(folder, 'folded.json')), 'a living writer is not folded');
  child.kill('SIGKILL');
  t.deepEqual(await ended, [null, 'SIGKILL']);
  const totals = [countsOf([]), countsOf([1000])];
  t.deepEqual(readCounterWriters(folder), []);
  t.deepEqual(readCounterTotals(folder), totals);
  foldFinishedWriters(folder);
  t.deepEqual(readdirSync(folder), ['folded.json']);
  t.deepEqual(readCounterTotals(folder), totals);
});
