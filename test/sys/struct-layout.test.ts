import test from 'ava';
import { layoutStruct, type StructFields } from '../../src/sys/struct-layout.js';

const GOLDEN: readonly [
  what: string,
  fields: StructFields,
  pointerBytes: number,
  size: number,
  offsets: readonly number[],
][] = [
  ['it has no field', [], 8, 0, []],
  [
    'a byte stands before a pointer',
    [
      ['a', 'u8'],
      ['b', 'pointer'],
    ],
    8,
    16,
    [0, 8],
  ],
  [
    'a byte stands before a pointer of 32 bits',
    [
      ['a', 'u8'],
      ['b', 'pointer'],
    ],
    4,
    8,
    [0, 4],
  ],
  [
    'a byte stands behind a pointer',
    [
      ['a', 'pointer'],
      ['b', 'u8'],
    ],
    8,
    16,
    [0, 8],
  ],
  [
    'bytes follow each other',
    [
      ['a', 'u8'],
      ['b', 'u8'],
      ['c', 'u8'],
    ],
    8,
    3,
    [0, 1, 2],
  ],
  [
    'an int fills up to a size_t',
    [
      ['a', 'int'],
      ['b', 'unsigned'],
      ['c', 'size_t'],
    ],
    8,
    16,
    [0, 4, 8],
  ],
  [
    'an int stands alone before a size_t',
    [
      ['a', 'int'],
      ['b', 'size_t'],
      ['c', 'int'],
    ],
    8,
    24,
    [0, 8, 16],
  ],
];

for (const [what, fields, pointerBytes, size, offsets] of GOLDEN) {
  test(`layoutStruct pads as C does when ${what}`, (t) => {
    const layout = layoutStruct(fields, pointerBytes);
    t.is(layout.size, size);
    t.deepEqual(Object.values(layout.offsets), offsets);
  });
}
