import test from 'ava';
import { errnoOf } from '../../../src/sys/errno.js';
import {
  RX_BYTES,
  RX_DISCARDED,
  RX_ERRORS,
  RX_PACKETS,
  TX_BYTES,
  TX_PACKETS,
} from '../../../src/tap/counters/counter-table.js';
import { countWriteErrno } from '../../../src/tap/counters/errno-counters.js';
import {
  allocateLaneCounts,
  LANE_WAITS,
  laneCounters,
  readLaneCounts,
} from '../../../src/tap/forward/lane-counts.js';

test('readLaneCounts returns what the thread of its lane wrote, and nothing of other lanes', (t) => {
  const memory = allocateLaneCounts(3);
  const counters = laneCounters(memory, 1);
  for (const [index, counter] of [
    RX_PACKETS,
    RX_BYTES,
    RX_DISCARDED,
    RX_ERRORS,
    TX_PACKETS,
    TX_BYTES,
    LANE_WAITS,
  ].entries())
    counters[counter] = 10 + index;
  countWriteErrno(counters, errnoOf('EIO'));
  countWriteErrno(counters, errnoOf('EIO'));
  countWriteErrno(counters, errnoOf('ENOBUFS'));
  countWriteErrno(counters, errnoOf('EPERM'));
  t.deepEqual(readLaneCounts(memory, 1), {
    received: 10,
    receivedBytes: 11,
    discarded: 12,
    unusable: 13,
    sent: 14,
    sentBytes: 15,
    refused: { EIO: 2, ENOBUFS: 1, Other: 1 },
    waits: 16,
  });
  const none = {
    received: 0,
    receivedBytes: 0,
    discarded: 0,
    unusable: 0,
    sent: 0,
    sentBytes: 0,
    refused: {},
    waits: 0,
  };
  t.deepEqual(readLaneCounts(memory, 0), none);
  t.deepEqual(readLaneCounts(memory, 2), none);
});

test('laneCounters begin at separate cache lines', (t) => {
  const memory = allocateLaneCounts(2);
  t.is(laneCounters(memory, 0).byteOffset % 64, 0);
  t.is(laneCounters(memory, 1).byteOffset % 64, 0);
  t.is(laneCounters(memory, 1).byteOffset, laneCounters(memory, 0).byteLength);
});
