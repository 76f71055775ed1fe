import test from 'ava';
import {
  COUNTERS,
  type CounterRow,
  counterIndex,
  privateCounters,
  QUEUE_COUNTER_NAMES,
  RX_BAD_HEADER,
  RX_BYTES,
  RX_DISCARDED,
  RX_ERRORS,
  RX_PACKETS,
  RX_SHORT,
  RX_TRUNCATED,
  TX_BAD_HEADER,
  TX_BYTES,
  TX_ERRORS,
  TX_PACKETS,
  TX_SHORT,
  TX_TOO_LONG,
} from '../../../src/tap/counters/counter-table.js';
import { countsOf } from '../../../src/tap/counters/queue-counts.js';

const ROWS: readonly CounterRow[] = COUNTERS;

const SIZES = [
  ...['Size64', 'Size65To127', 'Size128To255', 'Size256To511'],
  ...['Size512To1023', 'Size1024To1518', 'Size1519To9216', 'Size9217ToMax'],
];
const DESTINATIONS = ['Broadcast', 'Multicast', 'Unicast'];

/** The places that releases have given to counters in files. No name ever moves, and new names follow the last. */
const NAMES_IN_FILES = [
  ...['rxPackets', 'rxBytes', 'rxErrors', 'rxDiscarded', 'txPackets', 'txBytes', 'txErrors', 'rxTruncated'],
  ...[...SIZES, ...DESTINATIONS].map((name) => `rx${name}`),
  ...['rxLro', 'rxChecksumGood', 'rxChecksumNone', 'rxChecksumBad', 'rxChecksumUnknown'],
  ...[...SIZES, ...DESTINATIONS].map((name) => `tx${name}`),
  ...['txTso', 'txChecksumOffload', 'txMultiSegment', 'rxShort', 'rxBadHeader'],
  ...['EFAULT', 'EINVAL', 'EIO', 'ENOBUFS', 'ENOMEM', 'Other'].map((name) => `rxErrno${name}`),
  ...['txShort', 'txBadHeader', 'txTooLong'],
  ...['EAGAIN', 'EBADFD', 'EFAULT', 'EINVAL', 'EIO', 'ENOBUFS', 'ENOMEM', 'Other'].map(
    (name) => `txErrno${name}`,
  ),
];

test('COUNTERS has each name and each index once, and no index is left out', (t) => {
  t.is(new Set(ROWS.map(([name]) => name)).size, ROWS.length);
  t.deepEqual(
    ROWS.map(([, index]) => index).sort((a, b) => a - b),
    [...ROWS.keys()],
  );
});

test('COUNTERS gives no two counters the same extended name, nor the same metric and labels', (t) => {
  const extended = ROWS.map(([name, , suffix]) => `${name.slice(0, 2)}_${suffix}`);
  t.is(new Set(extended).size, ROWS.length);
  const metrics = ROWS.filter(([, , , metric]) => metric !== undefined).map(([, , , metric, labels]) =>
    JSON.stringify([metric, labels]),
  );
  t.is(new Set(metrics).size, metrics.length);
  t.is(metrics.length, ROWS.length - 2, 'rxErrors and txErrors are sums');
});

test('QUEUE_COUNTER_NAMES keeps the place of each counter that a release has written', (t) => {
  t.is(NAMES_IN_FILES.length, 57);
  t.deepEqual(QUEUE_COUNTER_NAMES.slice(0, 57), NAMES_IN_FILES);
});

test('countsOf names each counter as its index says', (t) => {
  const counters = privateCounters();
  for (const index of counters.keys()) counters[index] = index;
  const counts = countsOf(counters);
  for (const name of QUEUE_COUNTER_NAMES) t.is(counts[name], counterIndex(name), name);
  t.like(counts, {
    rxPackets: RX_PACKETS,
    rxBytes: RX_BYTES,
    rxErrors: RX_ERRORS,
    rxDiscarded: RX_DISCARDED,
    txPackets: TX_PACKETS,
    txBytes: TX_BYTES,
    txErrors: TX_ERRORS,
    rxTruncated: RX_TRUNCATED,
    rxShort: RX_SHORT,
    rxBadHeader: RX_BAD_HEADER,
    txShort: TX_SHORT,
    txBadHeader: TX_BAD_HEADER,
    txTooLong: TX_TOO_LONG,
  });
});
