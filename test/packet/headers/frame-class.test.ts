import test from 'ava';
import { destinationClass, sizeClass } from '../../../src/packet/headers/frame-class.js';

const BOUNDS = [
  [0, 64],
  [65, 127],
  [128, 255],
  [256, 511],
  [512, 1023],
  [1024, 1518],
  [1519, 9216],
  [9217, 200_000],
] as const;

test('sizeClass is one class from its first length to its last', (t) => {
  for (const [expected, [first, last]] of BOUNDS.entries()) {
    for (const length of [first, first + 1, last - 1, last]) t.is(sizeClass(length), expected, `${length}`);
  }
});

test('sizeClass finds a class for every length when they are tried one by one', (t) => {
  for (let length = 0; length < 10_000; length++) {
    const [first, last] = BOUNDS[sizeClass(length)]!;
    if (length < first || length > last) t.fail(`${length} in ${first} to ${last}`);
  }
  t.pass();
});

test('destinationClass tells broadcast, multicast and unicast apart when one bit differs', (t) => {
  const rows: readonly (readonly [number, string])[] = [
    [0, 'ffffffffffff'],
    [1, 'ffffffffff7f'],
    [1, 'ffff00ffffff'],
    [1, '01005e000001'],
    [1, '333300000001'],
    [1, 'fdffffffffff'],
    [2, '020000000001'],
    [2, 'feffffffffff'],
    [2, '000000000000'],
  ];
  for (const [expected, hex] of rows) {
    const bytes = Buffer.from(`aaaa${hex}55`, 'hex');
    t.is(destinationClass(bytes, 2), expected, hex);
  }
});
