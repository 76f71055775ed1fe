import test from 'ava';
import {
  addCounts,
  completeCounts,
  countsOf,
  emptyCounts,
  presentCounts,
  subtractCounts,
} from '../../../src/tap/counters/queue-counts.js';

test('presentCounts leaves a counter out when it is 0', (t) => {
  t.deepEqual(presentCounts(countsOf([5, 0, 7])), { rxPackets: 5, rxErrors: 7 });
  t.deepEqual(presentCounts(emptyCounts()), {});
});

test('countsOf is 0 for a counter when the block does not have it', (t) => {
  t.deepEqual(countsOf([5]), { ...emptyCounts(), rxPackets: 5 });
});

test('addCounts and subtractCounts leave a counter as it is when they are not given it', (t) => {
  const sum = { ...emptyCounts(), rxPackets: 10, txBytes: 2 ** 52 };
  addCounts(sum, { rxPackets: 5, txBytes: 1, txErrors: 2 });
  t.deepEqual(sum, { ...emptyCounts(), rxPackets: 15, txBytes: 2 ** 52 + 1, txErrors: 2 });
  subtractCounts(sum, { rxPackets: 5, txErrors: 2 });
  t.deepEqual(sum, { ...emptyCounts(), rxPackets: 10, txBytes: 2 ** 52 + 1 });
});

test('subtractCounts ends at 0 when more is subtracted than was counted', (t) => {
  const counts = { ...emptyCounts(), rxPackets: 3, txBytes: 7 };
  subtractCounts(counts, { rxPackets: 5, txBytes: 7, txErrors: 1 });
  t.deepEqual(counts, emptyCounts());
});

test('completeCounts returns a copy with every counter when some are missing', (t) => {
  const counts = { rxPackets: 3 };
  const complete = completeCounts(counts);
  t.deepEqual(complete, { ...emptyCounts(), rxPackets: 3 });
  complete.rxPackets = 4;
  t.is(counts.rxPackets, 3);
});
