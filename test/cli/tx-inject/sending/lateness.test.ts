import test from 'ava';
import { Lateness } from '../../../../src/cli/tx-inject/sending/lateness.js';

function lateBy(microseconds: readonly number[]): Lateness {
  const lateness = new Lateness();
  for (const late of microseconds) lateness.record(late / 1e6);
  return lateness;
}

/** By sorting: the smallest value that `fraction` of them do not exceed. */
function exactPercentile(values: readonly number[], fraction: number): number {
  return values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(values.length * fraction) - 1)]!;
}

test('Lateness is exact when all frames are less than 128 us late', (t) => {
  const lateness = lateBy(Array.from({ length: 100 }, (_, index) => index));
  t.is(lateness.count, 100);
  t.is(lateness.percentile(0.5), 49);
  t.is(lateness.percentile(0.99), 98);
  t.is(lateness.percentile(1), 99);
  t.is(lateness.longest, 99);
});

test('Lateness is at most 1/64 too high for any time', (t) => {
  let seed = 7;
  const values = Array.from({ length: 20_000 }, () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor(2 ** ((seed / 2 ** 32) * 31));
  });
  const lateness = lateBy(values);
  for (const fraction of [0.001, 0.1, 0.5, 0.9, 0.99, 0.9999, 1]) {
    const exact = exactPercentile(values, fraction);
    const found = lateness.percentile(fraction);
    t.true(found >= exact && found <= exact * (1 + 1 / 64) + 1, `${fraction}: ${found} for ${exact}`);
  }
  t.is(lateness.longest, Math.max(...values));
});

test('Lateness counts every power of two and its neighbours in the right place', (t) => {
  for (let bit = 0; bit < 31; bit++) {
    for (const value of [2 ** bit - 1, 2 ** bit, 2 ** bit + 1]) {
      t.is(lateBy([value]).percentile(0.5), value, 'the longest bounds the only one');
      const low = lateBy([value, 0x7fff_ffff]).percentile(0.5);
      t.true(low >= value && low <= value * (1 + 1 / 64) + 1, `${low} for ${value}`);
    }
  }
});

test('Lateness counts early frames as punctual, and very late ones at its maximum', (t) => {
  t.is(lateBy([-5]).longest, 0);
  const ages = lateBy([1e12]);
  t.is(ages.longest, 0x7fff_ffff);
  t.is(ages.percentile(0.5), 0x7fff_ffff);
});

test('Lateness is 0 when no frame was sent', (t) => {
  const lateness = new Lateness();
  t.deepEqual([lateness.count, lateness.longest, lateness.percentile(0.99)], [0, 0, 0]);
});
