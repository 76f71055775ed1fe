import test from 'ava';
import { kernelIndexOf } from '../../../src/tap/lease/kernel-indexes.js';

test('kernelIndexOf returns the index of a greeting, and undefined for a detached queue', (t) => {
  const holder = { queues: 4, indexes: [2, -1, 0, 1] };
  t.deepEqual(
    [0, 1, 2, 3].map((queue) => kernelIndexOf(holder, queue)),
    [2, undefined, 0, 1],
  );
});

test('kernelIndexOf returns the number of the queue if the greeting has no indices', (t) => {
  for (const holder of [undefined, { queues: 4 }]) t.is(kernelIndexOf(holder, 3), 3);
});
