import test from 'ava';
import type { Contestant, Row } from '../../bench/contest.js';
import { type Comparison, judgeRow } from '../../bench/row-result.js';

const ours = contestant('ours');
const theirs = contestant('theirs');
const MORE: Comparison = { unit: 'frames/s', lessIsBetter: false };
const LESS: Comparison = { unit: 's', lessIsBetter: true };

function contestant(label: string): Contestant {
  return { label, measure: () => Promise.reject(new Error('this test measures nothing')) };
}

function judge(row: Omit<Row, 'name' | 'work' | 'ours'>, comparison: Comparison, ...values: number[][]) {
  const samples = new Map([
    [ours, values[0]!.map((value) => ({ value }))],
    [theirs, (values[1] ?? []).map((value) => ({ value }))],
  ]);
  return judgeRow({ name: 'row', work: 'work', ours, ...row }, samples, comparison);
}

const verdicts: readonly (readonly [
  what: string,
  row: Omit<Row, 'name' | 'work' | 'ours'>,
  comparison: Comparison,
  values: number[][],
  reached: boolean,
  broken: boolean,
])[] = [
  ['at its floor', { theirs, limit: 1.5 }, MORE, [[15], [10]], true, false],
  ['under its floor', { theirs, limit: 1.5 }, MORE, [[14], [10]], false, false],
  ['at half of its floor', { theirs, limit: 1.5 }, MORE, [[7.5], [10]], false, false],
  ['under half of its floor', { theirs, limit: 1.5 }, MORE, [[7.4], [10]], false, true],
  ['at its limit', { theirs, limit: 2 }, LESS, [[20], [10]], true, false],
  ['over its limit', { theirs, limit: 2 }, LESS, [[21], [10]], false, false],
  ['over twice its limit', { theirs, limit: 2 }, LESS, [[41], [10]], false, true],
  ['without a limit', { theirs }, MORE, [[1], [10]], true, false],
  ['without a peer', { limit: 120 }, LESS, [[119]], true, false],
  ['without a peer, over twice its limit', { limit: 120 }, LESS, [[241]], false, true],
  ['where nothing is allowed and a little is not broken', { limit: 0, broken: 2 }, LESS, [[2]], false, false],
  ['broken where it says so', { limit: 0, broken: 2 }, LESS, [[3]], false, true],
];

for (const [what, row, comparison, values, reached, broken] of verdicts) {
  test(`judgeRow calls a row ${what} ${reached ? 'reached' : broken ? 'broken' : 'not reached'}`, (t) => {
    const result = judge(row, comparison, ...values);
    t.is(result.reached, reached);
    t.is(result.broken, broken);
  });
}

test('judgeRow takes the median of the ratios of the rounds', (t) => {
  const {
    ratio,
    ours: us,
    theirs: them,
    rounds,
  } = judge({ theirs, limit: 1 }, MORE, [20, 4, 30], [10, 4, 10]);
  t.deepEqual(ratio, { median: 2, least: 1, most: 3 });
  t.is(us.median, 20);
  t.is(them?.median, 10);
  t.is(rounds, 3);
});

test('judgeRow returns processor time and percentiles when they were measured', (t) => {
  const samples = new Map([
    [ours, [{ value: 1, frameMicroseconds: 0.9 }, { value: 1, frameMicroseconds: 0.7 }, { value: 1 }]],
    [
      theirs,
      [
        { value: 1, ninetieth: 3 },
        { value: 1, ninetieth: 9 },
        { value: 1, ninetieth: 4 },
      ],
    ],
  ]);
  const result = judgeRow({ name: 'row', work: 'work', ours, theirs, limit: 1 }, samples, MORE);
  t.is(result.ours.frameMicroseconds, 0.8);
  t.is(result.ours.ninetieth, undefined);
  t.is(result.theirs?.frameMicroseconds, undefined);
  t.is(result.theirs?.ninetieth, 4);
});
