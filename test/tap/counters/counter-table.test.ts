import test from 'ava';
import {
  DESTINATION_BROADCAST,
  DESTINATION_MULTICAST,
  DESTINATION_UNICAST,
  SIZE_64,
  SIZE_9217_TO_MAX,
} from '../../../src/packet/headers/frame-class.js';
import {
  addCounts,
  countsOf,
  emptyCounts,
  presentCounts,
  privateCounters,
  QUEUE_COUNTER_NAMES,
  type QueueCounterName,
  RX_BAD_HEADER,
  RX_BYTES,
  RX_DISCARDED,
  RX_ERRNO,
  RX_ERRNO_NAMES,
  RX_ERRORS,
  RX_KINDS,
  RX_PACKETS,
  RX_SHORT,
  RX_TRUNCATED,
  TX_BAD_HEADER,
  TX_BYTES,
  TX_ERRNO,
  TX_ERRNO_NAMES,
  TX_ERRORS,
  TX_KINDS,
  TX_PACKETS,
  TX_SHORT,
  TX_TOO_LONG,
} from '../../../src/tap/counters/counter-table.js';

test('countsOf names each counter as its index says', (t) => {
  const indices: Partial<Record<QueueCounterName, number>> = {
    rxPackets: RX_PACKETS,
    rxBytes: RX_BYTES,
    rxErrors: RX_ERRORS,
    rxDiscarded: RX_DISCARDED,
    txPackets: TX_PACKETS,
    txBytes: TX_BYTES,
    txErrors: TX_ERRORS,
    rxTruncated: RX_TRUNCATED,
    rxSize64: RX_KINDS + SIZE_64,
    rxSize9217ToMax: RX_KINDS + SIZE_9217_TO_MAX,
    rxBroadcast: RX_KINDS + 8 + DESTINATION_BROADCAST,
    rxUnicast: RX_KINDS + 8 + DESTINATION_UNICAST,
    rxChecksumUnknown: TX_KINDS - 1,
    txSize64: TX_KINDS + SIZE_64,
    txMulticast: TX_KINDS + 8 + DESTINATION_MULTICAST,
    txMultiSegment: RX_SHORT - 1,
    rxShort: RX_SHORT,
    rxBadHeader: RX_BAD_HEADER,
    rxErrnoEFAULT: RX_ERRNO,
    rxErrnoOther: RX_ERRNO + RX_ERRNO_NAMES.length - 1,
    txShort: TX_SHORT,
    txBadHeader: TX_BAD_HEADER,
    txTooLong: TX_TOO_LONG,
    txErrnoEAGAIN: TX_ERRNO,
    txErrnoOther: TX_ERRNO + TX_ERRNO_NAMES.length - 1,
  };
  const counters = privateCounters();
  for (const index of counters.keys()) counters[index] = index;
  t.like(countsOf(counters), indices);
  t.is(QUEUE_COUNTER_NAMES.length, 57, 'only ever added behind the last');
  t.is(new Set(QUEUE_COUNTER_NAMES).size, 57);
});

test('presentCounts leaves out what is 0', (t) => {
  t.deepEqual(presentCounts(countsOf([5, 0, 7])), { rxPackets: 5, rxErrors: 7 });
  t.deepEqual(presentCounts(emptyCounts()), {});
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
