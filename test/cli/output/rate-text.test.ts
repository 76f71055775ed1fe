import test from 'ava';
import { formatBitRate, formatPacketRate } from '../../../src/cli/output/rate-text.js';

const rows: readonly (readonly [value: number, text: string])[] = [
  [0, '0 pps'],
  [0.25, '0.25 pps'],
  [0.333, '0.33 pps'],
  [9.96, '10 pps'],
  [15.4, '15 pps'],
  [999.4, '999 pps'],
  [999.5, '1.0 kpps'],
  [1234, '1.2 kpps'],
  [99_949, '99.9 kpps'],
  [999_949, '999.9 kpps'],
  [999_950, '1.0 Mpps'],
  [1.24e6, '1.2 Mpps'],
  [15.7e9, '15.7 Gpps'],
  [5e15, '5000.0 Tpps'],
];

for (const [value, text] of rows) {
  test(`formatPacketRate writes ${text} for ${value}`, (t) => {
    t.is(formatPacketRate(value), text);
  });
}

test('formatPacketRate has three digits when readers compare rates', (t) => {
  const digits = 'three digits';
  t.is(formatPacketRate(1_314_000, digits), '1.31 Mpps');
  t.is(formatPacketRate(13_140_000, digits), '13.1 Mpps');
  t.is(formatPacketRate(961_400, digits), '961 kpps');
  t.is(formatPacketRate(99_949, digits), '99.9 kpps');
  t.is(formatPacketRate(99_950, digits), '100 kpps');
  t.is(formatPacketRate(999_499, digits), '999 kpps');
  t.is(formatPacketRate(999_500, digits), '1.00 Mpps');
  t.is(formatPacketRate(999.4, digits), '999 pps');
});

test('formatBitRate has a unit of its own', (t) => {
  t.is(formatBitRate(9.3e9), '9.3 Gbit/s');
  t.is(formatBitRate(0), '0 bit/s');
});
