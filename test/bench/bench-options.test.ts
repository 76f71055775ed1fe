import test from 'ava';
import { readBenchOptions } from '../../bench/bench-options.js';
import { ROW_NAMES } from '../../bench/contests.js';

test('readBenchOptions measures all rows five times and keeps the results when there are no options', (t) => {
  t.deepEqual(readBenchOptions([]), { rows: ROW_NAMES, rounds: 5, quick: false, kept: true, drawn: false });
});

for (const words of [['--quick'], ['--only', 'tx'], ['--rounds', '7']]) {
  test(`readBenchOptions keeps no results of ${words.join(' ')}`, (t) => {
    t.false(readBenchOptions(words).kept);
  });
}

test('readBenchOptions takes a row by its name, and several by what they have in common', (t) => {
  t.deepEqual(readBenchOptions(['--only', 'holder', '--only', 'tx-inject']).rows, [
    'holder-time',
    'holder-memory',
    'tx-inject',
  ]);
});

const refusals: readonly (readonly string[])[] = [
  ['--only', 'flight'],
  ['--only', ''],
  ['--rounds', '0'],
  ['--rounds', 'five'],
  ['--slow'],
  ['tx'],
];

for (const words of refusals) {
  test(`readBenchOptions refuses ${words.join(' ')}`, (t) => {
    t.throws(() => readBenchOptions(words), { instanceOf: TypeError });
  });
}
