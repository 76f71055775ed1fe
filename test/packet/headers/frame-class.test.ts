import test from 'ava';
import { FRAME_DESTINATIONS, FRAME_SIZES, frameClass } from '../../../src/packet/headers/frame-class.js';

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

/** The place in FRAME_SIZES that `frameClass` gives a frame of `length` bytes. */
function sizeOf(length: number): number {
  return Math.floor(frameClass(new Uint8Array(14), 0, length) / FRAME_DESTINATIONS.length);
}

test('FRAME_SIZES names each size after its lengths', (t) => {
  const names: readonly string[] = FRAME_SIZES;
  t.is(names.length, BOUNDS.length);
  for (const [size, [first, last]] of BOUNDS.entries()) {
    const name = size === 0 ? `Size${last}` : `Size${first}To${size === BOUNDS.length - 1 ? 'Max' : last}`;
    t.is(names[size], name);
  }
});

test('frameClass has one size from its first length to its last', (t) => {
  for (const [expected, [first, last]] of BOUNDS.entries()) {
    for (const length of [first, first + 1, last - 1, last]) t.is(sizeOf(length), expected, `${length}`);
  }
});

test('frameClass finds a size for every length when they are tried one by one', (t) => {
  for (let length = 0; length < 10_000; length++) {
    const [first, last] = BOUNDS[sizeOf(length)]!;
    if (length < first || length > last) t.fail(`${length} in ${first} to ${last}`);
  }
  t.pass();
});

test('frameClass tells broadcast, multicast and unicast apart when one bit differs', (t) => {
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
    for (const [size, [length]] of BOUNDS.entries())
      t.is(frameClass(bytes, 2, length), size * FRAME_DESTINATIONS.length + expected, hex);
  }
});
