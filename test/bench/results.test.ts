import { spawnSync } from 'node:child_process';
import test from 'ava';
import { drawChart } from '../../bench/report/chart.js';
import { kindOf, type Machine } from '../../bench/report/machine.js';
import { fileNameOf, type Results } from '../../bench/report/results.js';
import { rowsOf, writePage } from '../../bench/report/results-page.js';
import { writeTable } from '../../bench/report/results-table.js';
import type { RowResult } from '../../bench/row-result.js';

const MACHINE: Machine = {
  cores: 2,
  processor: 'Some(R) Processor',
  systemCallNanoseconds: 84,
  memoryBytes: 8e9,
  kernel: 'Linux 6.18',
  system: 'Debian GNU/Linux 12',
  versions: ['rtap 0.1.0', 'no dpdk-testpmd'],
  date: '2026-01-02',
};

const NOT_MEASURED = { frameMicroseconds: undefined, ninetieth: undefined };

const TX: RowResult = {
  name: 'tx',
  work: 'tx, 64-byte frames <top speed>',
  unit: 'frames/s',
  lessIsBetter: false,
  rounds: 5,
  ours: { ...NOT_MEASURED, label: 'rtap', median: 1.2e6, least: 1e6, most: 1.3e6, frameMicroseconds: 0.8 },
  theirs: { ...NOT_MEASURED, label: 'liburing & C', median: 9e5, least: 9e5, most: 9e5 },
  ratio: { median: 1.333, least: 1.25, most: 1.4 },
  limit: 1.3,
  reached: true,
  broken: false,
};

const COSTLY: RowResult = { ...TX, theirs: { ...TX.theirs!, frameMicroseconds: 0.6 } };

const SHOWN: RowResult = { ...TX, name: 'fwd-veth', limit: undefined };

const MEMORY: RowResult = {
  ...TX,
  name: 'holder-memory',
  work: 'holder, resident memory',
  unit: 'bytes',
  lessIsBetter: true,
  ours: { ...NOT_MEASURED, label: 'rtap hold', median: 130e6, least: 130e6, most: 130e6 },
  theirs: undefined,
  ratio: { median: 130e6, least: 130e6, most: 130e6 },
  limit: 120e6,
  reached: false,
};

const MISSING = {
  name: 'fwd-testpmd',
  work: 'fwd',
  reason: 'dpdk-testpmd is not installed',
  oursFailed: false,
};

const FAST: Results = {
  machine: MACHINE,
  rounds: 5,
  loads: [0.25, 1.5],
  measured: [TX, SHOWN, MEMORY],
  missing: [MISSING],
};

const SLOW_TX: RowResult = { ...TX, ratio: { median: 0.5, least: 0.5, most: 0.5 }, reached: false };

const SLOW: Results = {
  ...FAST,
  machine: { ...MACHINE, systemCallNanoseconds: 1200, date: '2025-01-02' },
  measured: [{ ...SLOW_TX, work: 'an older name' }],
  missing: [],
  remark: 'measured long ago',
};

test('kindOf names the processor, and whether a system call is cheap or dear', (t) => {
  t.is(kindOf(MACHINE), 'Some Processor, cheap calls');
  t.is(kindOf({ ...MACHINE, systemCallNanoseconds: 90, date: '2026-03-04' }), kindOf(MACHINE));
  t.is(kindOf(SLOW.machine), 'Some Processor, dear calls');
  t.is(fileNameOf(MACHINE), 'some-processor-cheap-calls.json');
});

test('writePage puts the ratios of all kinds of machine side by side', (t) => {
  const lines = writePage([FAST, SLOW]).split('\n');
  const ratios = lines.filter((line) => line.startsWith('| ')).slice(0, 5);
  t.deepEqual(
    ratios.map((line) => line.split('|').map((cell) => cell.trim())),
    [
      ['', 'row', 'work', 'beside', 'to reach', kindOf(MACHINE), kindOf(SLOW.machine), ''],
      ratios[1]!.split('|').map((cell) => cell.trim()),
      [
        '',
        'tx',
        TX.work,
        'liburing & C',
        '1.30 or more',
        '1.33 (1.25 to 1.40)',
        '0.50 (0.50 to 0.50), **not reached**',
        '',
      ],
      ['', 'fwd-veth', TX.work, 'liburing & C', '', '1.33 (1.25 to 1.40)', '', ''],
      ['', 'holder-memory', MEMORY.work, '', '120 MB or less', '130 MB, **not reached**', '', ''],
    ],
  );
  t.is(new Set(ratios.map((line) => line.length)).size, 1);
});

test('writePage names each machine, its figures, and what was not measured', (t) => {
  const lines = writePage([FAST, SLOW]).split('\n');
  const fast = lines.slice(
    lines.indexOf('## Some Processor, cheap calls'),
    lines.indexOf('## Some Processor, dear calls'),
  );
  t.deepEqual(
    fast.filter((line) => line.startsWith('- ')),
    [
      '- date: 2026-01-02; 5 rounds',
      '- machine: 2 cores, Some(R) Processor, 8 GB; a system call takes 0.08 us',
      '- load: 0.25 before the run, 1.50 after it; the bench itself makes one or two',
      '- system: Linux 6.18, Debian GNU/Linux 12',
      '- versions: rtap 0.1.0, no dpdk-testpmd',
      '- not measured: fwd-testpmd (fwd): dpdk-testpmd is not installed',
    ],
  );
  t.true(
    fast.includes(
      '| tx            | 1.20 M frames/s (1.00 to 1.30), CPU 0.80 | liburing & C: 900 k frames/s (900 to 900) |',
    ),
  );
  t.true(lines.includes('- measured long ago'));
});

test('rowsOf takes the newest form of a row, in the order of the contests', (t) => {
  t.deepEqual(rowsOf([SLOW, { ...FAST, measured: [MEMORY, SHOWN, TX] }]), [TX, SHOWN, MEMORY]);
});

test('writeTable puts each row on a line', (t) => {
  const lines = writeTable([TX, SHOWN, { ...MEMORY, broken: true }], [MISSING]).split('\n');
  const figures = ['rtap: 1.20 M frames/s', 'liburing & C: 900 k frames/s', '1.33 (1.25 to 1.40)'];
  t.deepEqual(
    lines.map((line) => line.split(/ {2,}/)),
    [
      ['tx', ...figures, '1.30 or more', 'reached'],
      ['fwd-veth', ...figures],
      ['holder-memory', 'rtap hold: 130 MB', '120 MB or less', 'BROKEN'],
      ['fwd-testpmd: not measured: dpdk-testpmd is not installed'],
    ],
  );
});

test('writeTable compares processor time when both have it', (t) => {
  t.regex(writeTable([COSTLY], []), / {2}1\.33 \(1\.25 to 1\.40\), CPU 0\.75 {2}/);
});

test('drawChart makes well-formed XML: a bar from 1 to the ratio on each kind of machine, and a mark at the goal', (t) => {
  const svg = drawChart([FAST, SLOW]);
  const script = [
    'import json, sys, xml.etree.ElementTree as tree',
    'root = tree.fromstring(sys.stdin.read())',
    'svg = "{http://www.w3.org/2000/svg}"',
    'bars = [[float(bar.get(key)) for key in ("x", "width")] for bar in root.iter(svg + "rect")]',
    'marks = [path.get("class") for path in root.iter(svg + "path")].count("r")',
    'print(json.dumps([bars, marks, [text.text for text in root.iter(svg + "text")]]))',
  ].join('\n');
  const { stdout, stderr } = spawnSync('python3', ['-c', script], { input: svg, encoding: 'utf8' });
  const [bars, marks, texts] = JSON.parse(stdout || stderr) as [number[][], number, string[]];
  const [fast, slow, shown] = bars.slice(2) as [number[], number[], number[]];
  t.is(bars.length, 5, 'two in the legend, two of tx, one that is only shown');
  t.true(Math.abs(slow[0]! + slow[1]! - fast[0]!) < 0.11, 'both begin at 1');
  t.true(Math.abs(fast[1]! / slow[1]! - Math.log2(1.333) / Math.log2(2)) < 0.01);
  t.deepEqual(shown, fast);
  t.is(marks, 1);
  for (const words of [
    kindOf(MACHINE),
    '1.33',
    '0.50 (goal 1.30 or more)',
    '130 MB (goal 120 MB or less)',
    'liburing & C',
  ])
    t.true(texts.includes(words), words);
});
