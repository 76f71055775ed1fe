import { spawnSync } from 'node:child_process';
import test from 'ava';
import { drawChart } from '../../bench/chart.js';
import { drawRow } from '../../bench/graph.js';
import type { Machine } from '../../bench/machine.js';
import { writeResults } from '../../bench/results-file.js';
import { writeTable } from '../../bench/results-table.js';
import type { RowResult } from '../../bench/row-result.js';

const MACHINE: Machine = {
  processor: '2 cores, some processor',
  memoryBytes: 8e9,
  kernel: 'Linux 6.18',
  system: 'Debian GNU/Linux 12',
  versions: ['rtap 0.1.0', 'no dpdk-testpmd'],
  date: '2026-01-02',
};

const TX: RowResult = {
  name: 'tx-write',
  work: 'tx, 64-byte frames <top speed>',
  unit: 'frames/s',
  lessIsBetter: false,
  rounds: 5,
  ours: { label: 'rtap', median: 1.2e6, least: 1e6, most: 1.3e6, frameMicroseconds: 0.8 },
  theirs: { label: 'write(2) & C', median: 9e5, least: 9e5, most: 9e5, frameMicroseconds: undefined },
  ratio: { median: 1.333, least: 1.25, most: 1.4 },
  limit: 1.3,
  limitValue: 1.17e6,
  reached: true,
  broken: false,
};

const MEMORY: RowResult = {
  ...TX,
  name: 'holder-memory',
  work: 'holder, resident memory',
  unit: 'bytes',
  lessIsBetter: true,
  ours: { label: 'rtap hold', median: 130e6, least: 130e6, most: 130e6, frameMicroseconds: undefined },
  theirs: undefined,
  ratio: { median: 130e6, least: 130e6, most: 130e6 },
  limit: 120e6,
  limitValue: 120e6,
  reached: false,
};

const MISSING = {
  name: 'tx-testpmd',
  work: 'tx',
  reason: 'dpdk-testpmd is not installed',
  oursFailed: false,
};

test('writeResults names the machine, each row, and what was not measured', (t) => {
  const lines = writeResults({
    machine: MACHINE,
    rounds: 5,
    loads: [0.25, 1.5],
    measured: [TX, MEMORY],
    missing: [MISSING],
  }).split('\n');
  t.true(lines.includes('- date: 2026-01-02; 5 rounds'));
  t.true(lines.includes('- machine: 2 cores, some processor, 8 GB'));
  t.true(lines.some((line) => line.startsWith('- load: 0.25 before the run, 1.50 after it')));
  t.deepEqual(
    lines.filter((line) => /^\| [^-r]/.test(line) && !line.startsWith('| row')),
    [
      '| tx-write      | tx, 64-byte frames <top speed> | 1.20 M frames/s (1.00 to 1.30), CPU 0.80 | write(2) & C: 900 k frames/s (900 to 900) | 1.33 (1.25 to 1.40) | 1.30 or more   | reached         |',
      '| holder-memory | holder, resident memory        | 130 MB (130 to 130)                      |                                           |                     | 120 MB or less | **not reached** |',
    ],
  );
  t.true(lines.includes('- tx-testpmd (tx): dpdk-testpmd is not installed'));
});

test('writeTable puts each row on a line', (t) => {
  const lines = writeTable([TX, { ...MEMORY, broken: true }], [MISSING]).split('\n');
  t.deepEqual(
    lines.map((line) => line.split(/ {2,}/)),
    [
      [
        'tx-write',
        'rtap: 1.20 M frames/s',
        'write(2) & C: 900 k frames/s',
        '1.33 (1.25 to 1.40)',
        '1.30 or more',
        'reached',
      ],
      ['holder-memory', 'rtap hold: 130 MB', '120 MB or less', 'BROKEN'],
      ['tx-testpmd: not measured: dpdk-testpmd is not installed'],
    ],
  );
});

test('drawRow makes well-formed XML with a bar as long as its figure', (t) => {
  const svg = drawRow(TX);
  const script = [
    'import sys, xml.etree.ElementTree as tree',
    'root = tree.fromstring(sys.stdin.read())',
    'svg = "{http://www.w3.org/2000/svg}"',
    'print([float(bar.get("width")) for bar in root.iter(svg + "rect")])',
    'print([text.text for text in root.iter(svg + "text")])',
  ].join('\n');
  const { stdout, stderr } = spawnSync('python3', ['-c', script], { input: svg, encoding: 'utf8' });
  const [widths = '[]', texts = ''] = stdout.split('\n');
  const [us = 0, them = 0] = JSON.parse(widths) as number[];
  t.is((us / them).toFixed(2), (1.2e6 / 9e5).toFixed(2), stderr);
  t.true(texts.includes("'tx, 64-byte frames <top speed>'"));
  t.true(texts.includes("'ratio 1.33; to reach: 1.30 or more'"));
  t.true(svg.length < 2000);
});

test('drawRow marks the limit on the bar of rtap, or beyond its end', (t) => {
  const lengths = (row: RowResult) => {
    const svg = drawRow(row);
    const [, left, width] = /<rect class="o" x="(\d+)".* width="([\d.]+)"/.exec(svg) ?? [];
    const [, mark] = /class="r" d="M([\d.]+)/.exec(svg) ?? [];
    return { mark: Number(mark) - Number(left), bar: Number(width) };
  };
  const reached = lengths(TX);
  t.true(Math.abs(reached.mark / reached.bar - 1.17 / 1.2) < 0.01);
  const missed = lengths({ ...TX, limit: 3, limitValue: 2.7e6 });
  t.true(Math.abs(missed.mark / missed.bar - 2.7 / 1.2) < 0.01);
});

test('drawChart draws every row: a bar from 1 to its ratio, a mark at its goal, and what has no peer as a figure', (t) => {
  const slow: RowResult = {
    ...TX,
    name: 'slow',
    ratio: { median: 0.5, least: 0.5, most: 0.5 },
    reached: false,
  };
  const chart = drawChart([TX, slow, MEMORY]);
  t.is(chart.match(/<rect /g)?.length, 2);
  t.is(chart.match(/class="r"/g)?.length, 2);
  t.regex(chart, />tx-write: write\(2\) &#38; C</);
  t.regex(chart, />1\.33</);
  t.regex(chart, />0\.50 \(goal 1\.30\)</);
  t.regex(chart, />holder-memory, less is better</);
  t.regex(chart, />130 MB \(goal 120 MB\)</);
  // The bar of the slow row ends where the bar of the fast row begins.
  const [fast, late] = Array.from(
    chart.matchAll(/<rect class="o" x="([\d.]+)" y="\d+" width="([\d.]+)"/g),
    ([, x, w]) => [Number(x), Number(w)],
  );
  t.true(Math.abs(late![0]! + late![1]! - fast![0]!) < 0.1);
});
