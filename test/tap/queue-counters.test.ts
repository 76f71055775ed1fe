import test from 'ava';
import {
  addCounts,
  countsOf,
  emptyCounts,
  privateCounters,
  QUEUE_COUNTER_NAMES,
  RX_BYTES,
  RX_DISCARDED,
  RX_ERRORS,
  RX_PACKETS,
  RX_TRUNCATED,
  TX_BYTES,
  TX_ERRORS,
  TX_PACKETS,
} from '../../src/tap/queue-counters.js';

test('countsOf names each counter as its index says', (t) => {
  const indices = {
    rxPackets: RX_PACKETS,
    rxBytes: RX_BYTES,
    rxErrors: RX_ERRORS,
    rxDiscarded: RX_DISCARDED,
    txPackets: TX_PACKETS,
    txBytes: TX_BYTES,
    txErrors: TX_ERRORS,
    rxTruncated: RX_TRUNCATED,
  };
  const counters = privateCounters();
  for (const index of counters.keys()) counters[index] = index + 100;
  const expected = Object.fromEntries(Object.entries(indices).map(([name, index]) => [name, index + 100]));
  t.deepEqual({ ...countsOf(counters) }, expected as never);
  t.deepEqual(Object.keys(expected), [...QUEUE_COUNTER_NAMES]);
});

test('countsOf takes 0 for a counter that is missing', (t) => {
  t.deepEqual(countsOf([5]), { ...emptyCounts(), rxPackets: 5 });
});

test('addCounts adds, takes away, and leaves what is not named', (t) => {
  const sum = { ...emptyCounts(), rxPackets: 10, txBytes: 2 ** 52 };
  addCounts(sum, { rxPackets: 5, txBytes: 1, txErrors: 2 });
  t.deepEqual(sum, { ...emptyCounts(), rxPackets: 15, txBytes: 2 ** 52 + 1, txErrors: 2 });
  addCounts(sum, { rxPackets: 5, txErrors: 2 }, -1);
  t.deepEqual(sum, { ...emptyCounts(), rxPackets: 10, txBytes: 2 ** 52 + 1 });
});
