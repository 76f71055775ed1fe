import test from 'ava';
import { kernelIndexOf, queueOfIndex } from '../../../src/tap/lease/kernel-indexes.js';

test('kernelIndexOf and queueOfIndex translate what a holder tells', (t) => {
  const holder = { queues: 4, indexes: [2, -1, 0, 1] };
  t.deepEqual(
    [0, 1, 2, 3].map((queue) => kernelIndexOf(holder, queue)),
    [2, undefined, 0, 1],
  );
  t.deepEqual(
    [0, 1, 2, 3].map((index) => queueOfIndex(holder, index)),
    [2, 3, 0, undefined],
  );
});

test('a queue has its number in the kernel if no holder tells otherwise', (t) => {
  for (const holder of [undefined, { queues: 4 }]) {
    t.is(kernelIndexOf(holder, 3), 3);
    t.is(queueOfIndex(holder, 3), 3);
  }
});
