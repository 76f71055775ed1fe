import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import {
  counterBlock,
  counterFileSize,
  encodeCounterHeader,
  ROLE_READER,
} from '../../../src/tap/counters/counter-layout.js';
import { RX_PACKETS } from '../../../src/tap/counters/counter-table.js';
import {
  foldFinishedWriters,
  readCounterBase,
  readCounterTotals,
} from '../../../src/tap/counters/counter-totals.js';
import { countsOf, emptyCounts, type QueueCounts } from '../../../src/tap/counters/queue-counts.js';
import { readForeignText } from '../../../src/tap/state/foreign-file.js';
import { makeFolder } from '../scratch-folder.js';

/** Leaves the counter file of a writer that has received `packets` and has ended. */
function leaveCounters(folder: string, packets: number): void {
  const bytes = new Uint8Array(counterFileSize(1));
  bytes.set(encodeCounterHeader({ pid: 1, role: ROLE_READER, queueCount: 1 }));
  counterBlock(bytes, 0)[RX_PACKETS] = packets;
  writeFileSync(join(folder, 'counters-1-0123456789ab'), bytes);
}

/**
 * Each function puts something at a path that another user could have put there, and that is no regular file of
 * rtap's.
 */
const STRANGERS: Readonly<Record<string, (path: string) => void>> = {
  'a pipe': (path) => execFileSync('mkfifo', [path]),
  'a link to a file': (path) => {
    const elsewhere = join(makeFolder(), 'elsewhere');
    writeFileSync(elsewhere, '{"queues":[{"rxPackets":100}],"writers":[],"since":"then"}');
    symlinkSync(elsewhere, path);
  },
  'a link to nothing': (path) => symlinkSync('nothing', path),
  'a link to a device': (path) => symlinkSync('/dev/zero', path),
  'a folder': (path) => mkdirSync(path),
  'a huge file': (path) => {
    writeFileSync(path, '{}');
    truncateSync(path, 2 ** 40);
  },
};

for (const [kind, make] of Object.entries(STRANGERS)) {
  test(`readForeignText, readCounterTotals and readCounterBase ignore it when ${kind} is there`, (t) => {
    const folder = makeFolder();
    leaveCounters(folder, 5);
    for (const name of ['folded.json', 'base.json']) make(join(folder, name));
    t.is(readForeignText(join(folder, 'folded.json')), '');
    t.deepEqual(readCounterTotals(folder), [countsOf([5])]);
    t.is(readCounterBase(folder), undefined);
    for (const name of ['folded.json', 'base.json']) rmSync(join(folder, name), { recursive: true });
  });
}

test('readForeignText returns the text when a regular file is there, and none when nothing is', (t) => {
  const path = join(makeFolder(), 'file');
  t.is(readForeignText(path), '');
  writeFileSync(path, 'aé');
  t.is(readForeignText(path), 'aé');
});

const hostile: readonly (readonly [text: string, totals: readonly QueueCounts[]])[] = [
  ['-1', []],
  ['[{"queues":[{}]}]', []],
  ['{"queues":null,"writers":null}', []],
  ['{"queues":{"length":1e9},"writers":{"length":1e9}}', []],
  ['{"queues":[null,1,"a",[],[[1]],true]}', Array.from({ length: 6 }, () => emptyCounts())],
  ['{"queues":[{"rxPackets":"7","rxBytes":null,"txBytes":{},"txPackets":true}]}', [emptyCounts()]],
  ['{"queues":[{"rxPackets":1e999,"rxBytes":-1e999}]}', [emptyCounts()]],
  ['{"queues":[{"rxPackets":-5,"txBytes":-0.5}]}', [emptyCounts()]],
  ['{"queues":[{"rxPackets":2,"unknown":3,"__proto__":{"rxBytes":4}}]}', [countsOf([2])]],
  ['{"queues":[{"rxPackets":2}],"writers":[null,1,{},["a"]]}', [countsOf([2])]],
  [
    JSON.stringify({ queues: Array.from({ length: 50_000 }, () => ({})) }),
    Array.from({ length: 256 }, () => emptyCounts()),
  ],
  ['['.repeat(100_000), []],
];

for (const [row, [text, totals]] of hostile.entries()) {
  test(`readCounterTotals and foldFinishedWriters use the valid part when folded.json is hostile row ${row}`, (t) => {
    const folder = makeFolder();
    writeFileSync(join(folder, 'folded.json'), text);
    t.deepEqual(readCounterTotals(folder), [...totals]);
    leaveCounters(folder, 3);
    foldFinishedWriters(folder);
    const [first = emptyCounts(), ...others] = totals;
    t.deepEqual(readCounterTotals(folder), [{ ...first, rxPackets: first.rxPackets + 3 }, ...others]);
    t.deepEqual(readdirSync(folder), ['folded.json']);
  });
}

test('readCounterTotals and readCounterBase do not throw when the files hold random JSON', (t) => {
  const folder = makeFolder();
  leaveCounters(folder, 1);
  const queues = fc.array(fc.dictionary(fc.string(), fc.jsonValue()));
  const sums = fc.record({ queues, writers: fc.jsonValue(), since: fc.string(), kernel: fc.jsonValue() });
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), sums), (value) => {
      for (const name of ['folded.json', 'base.json'])
        writeFileSync(join(folder, name), JSON.stringify(value));
      readCounterTotals(folder);
      readCounterBase(folder);
    }),
    { seed: 1, numRuns: 50 },
  );
  t.pass();
});
