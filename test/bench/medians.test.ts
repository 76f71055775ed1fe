import test from 'ava';
import fc from 'fast-check';
import { medianOf, percentileOf, ratiosOf, spreadOf } from '../../bench/medians.js';

const rows: readonly (readonly [values: readonly number[], median: number])[] = [
  [[7], 7],
  [[9, 1], 5],
  [[10, 9, 100], 10],
  [[4, 1, 3, 2], 2.5],
  [[5, 5, 5, 5, 1], 5],
];

for (const [values, median] of rows) {
  test(`medianOf finds ${median} in ${JSON.stringify(values)}`, (t) => {
    t.is(medianOf(values), median);
  });
}

test('medianOf has as many values below as above, and does not sort its argument', (t) => {
  const values = fc.array(fc.integer(), { minLength: 1 });
  fc.assert(
    fc.property(values, (given) => {
      const before = [...given];
      const median = medianOf(given);
      const below = given.filter((value) => value < median).length;
      const above = given.filter((value) => value > median).length;
      t.true(below * 2 <= given.length && above * 2 <= given.length);
      t.deepEqual(given, before);
    }),
  );
});

test('medianOf returns NaN when there are no values', (t) => {
  t.is(medianOf([]), Number.NaN);
});

test('percentileOf returns a value that so many do not exceed', (t) => {
  const values = [5, 1, 4, 2, 3, 6, 7, 8, 9, 10];
  t.deepEqual(
    [0, 10, 50, 90, 91, 100].map((percent) => percentileOf(values, percent)),
    [1, 1, 5, 9, 10, 10],
  );
  t.is(percentileOf([], 90), Number.NaN);
});

test('spreadOf returns least, median and most', (t) => {
  t.deepEqual(spreadOf([3, 1, 2]), { median: 2, least: 1, most: 3 });
});

test('spreadOf throws when there are no values', (t) => {
  t.throws(() => spreadOf([]), { instanceOf: RangeError });
});

test('ratiosOf compares values of the same round, not medians', (t) => {
  // In the second round the machine was slow for both.
  t.deepEqual(ratiosOf([30, 6, 33], [10, 2, 11]), { median: 3, least: 3, most: 3 });
});

test('ratiosOf throws when one side has fewer rounds', (t) => {
  t.throws(() => ratiosOf([1, 2], [1]), { instanceOf: RangeError, message: /2 rounds with 1$/ });
});
