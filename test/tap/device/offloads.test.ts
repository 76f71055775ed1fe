import test from 'ava';
import {
  completeOffloads,
  findUnknown,
  OFFLOADS,
  OFFLOADS_DEFAULT,
  type Offload,
} from '../../../src/tap/device/offloads.js';

const COMPLETED: readonly (readonly [wanted: readonly Offload[], complete: readonly Offload[]])[] = [
  [[], []],
  [['csum'], ['csum']],
  [['tso4'], ['csum', 'tso4']],
  [['tso6'], ['csum', 'tso6']],
  [['uso'], ['csum', 'uso']],
  [['ecn'], ['csum', 'tso4', 'tso6', 'ecn']],
  [
    ['ecn', 'tso6'],
    ['csum', 'tso6', 'ecn'],
  ],
  [
    ['uso', 'ecn', 'uso', 'tso4'],
    ['csum', 'tso4', 'ecn', 'uso'],
  ],
  [OFFLOADS, OFFLOADS],
  [OFFLOADS_DEFAULT, OFFLOADS_DEFAULT],
];

for (const [wanted, complete] of COMPLETED) {
  test(`completeOffloads returns ${complete.join(',') || 'nothing'} when given ${wanted.join(',') || 'nothing'}`, (t) => {
    t.deepEqual(completeOffloads(wanted), [...complete]);
    t.deepEqual(completeOffloads(complete), [...complete], 'what is complete stays');
  });
}

/** A kernel that does not know the offloads `lacking`, and refuses every list with one of them. */
function kernelWithout(...lacking: readonly Offload[]): (offloads: readonly Offload[]) => boolean {
  return (offloads) => !offloads.some((offload) => lacking.includes(offload));
}

test('findUnknown returns the offloads that the kernel refuses even alone when it refuses a list', (t) => {
  t.deepEqual(findUnknown(OFFLOADS, kernelWithout('uso')), ['uso']);
  t.deepEqual(findUnknown(['csum', 'uso'], kernelWithout('uso')), ['uso']);
  t.deepEqual(findUnknown(OFFLOADS, kernelWithout('ecn', 'uso')), ['ecn', 'uso']);
  t.deepEqual(findUnknown(OFFLOADS, kernelWithout('csum')), ['csum'], 'the others fail with it');
});

test('findUnknown returns the whole list when the kernel takes each offload alone', (t) => {
  t.deepEqual(
    findUnknown(['csum', 'tso4'], (offloads) => offloads.length < 2 || offloads[1] === 'tso4'),
    ['csum', 'tso4'],
  );
});
