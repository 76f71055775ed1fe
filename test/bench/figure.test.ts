import test from 'ava';
import type { Unit } from '../../bench/contest.js';
import { writeFigure, writeFigures, writeRatios, writeSample } from '../../bench/report/figure.js';

const rows: readonly (readonly [value: number, unit: Unit, text: string])[] = [
  [1_236_000, 'frames/s', '1.24 M frames/s'],
  [999_499, 'frames/s', '999 k frames/s'],
  [0, 'frames/s', '0 k frames/s'],
  [13.4e9, 'bit/s', '13.40 Gbit/s'],
  [640e6, 'bit/s', '640 Mbit/s'],
  [0.21, 's', '210 ms'],
  [0.0002104, 's', '0.210 ms'],
  [3, 'ticks', '3 ticks'],
  [61.4e6, 'bytes', '61 MB'],
];

for (const [value, unit, text] of rows) {
  test(`writeFigure writes ${value} ${unit} as "${text}"`, (t) => t.is(writeFigure(value, unit), text));
}

test('writeFigures writes least and most in the scale of the median', (t) => {
  const spread = { median: 1.2e6, least: 0.95e6, most: 1.304e6 };
  t.is(writeFigures(spread, 'frames/s'), '1.20 M frames/s (0.95 to 1.30)');
});

test('writeRatios writes two decimals', (t) => {
  t.is(writeRatios({ median: 1.333, least: 1, most: 2 }), '1.33 (1.00 to 2.00)');
});

test('writeSample adds processor time and the 90th percentile when they were measured', (t) => {
  t.is(writeSample({ value: 1.2e6, frameMicroseconds: 0.718 }, 'frames/s'), '1.20 M frames/s, CPU 0.72');
  t.is(writeSample({ value: 0.00021, ninetieth: 0.0004 }, 's'), '0.210 ms, 90 %: 0.400 ms');
});
