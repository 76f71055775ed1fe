import { readFileSync } from 'node:fs';
import test from 'ava';
import { QUEUE_COUNTER_NAMES } from '../../../src/tap/counters/counter-table.js';
import type { DeviceStatistics } from '../../../src/tap/counters/device-statistics.js';
import {
  extendedStatistics,
  RX_EXTENDED,
  TX_EXTENDED,
} from '../../../src/tap/counters/extended-statistics.js';
import { countsOf } from '../../../src/tap/counters/queue-counts.js';

const NUMBERED = countsOf(QUEUE_COUNTER_NAMES.map((_, index) => index + 1));

const STATISTICS: DeviceStatistics = {
  name: 'io0',
  ifindex: 7,
  queues: [NUMBERED, countsOf([5])],
  total: NUMBERED,
  missed: 6,
  kernel: {
    rx: { bytes: 0, packets: 0, errors: 0, dropped: 0, over_errors: 0, multicast: 0 },
    tx: { bytes: 0, packets: 0, errors: 0, dropped: 6, carrier_errors: 0, collisions: 0 },
  },
  qdisc: undefined,
  since: undefined,
};

test('extendedStatistics names every counter of every queue when a device has two', (t) => {
  const xstats = extendedStatistics(STATISTICS);
  t.is(Object.keys(xstats).length, 8 + 2 * (RX_EXTENDED.length + TX_EXTENDED.length));
  t.like(xstats, {
    rx_good_packets: NUMBERED.rxPackets,
    rx_missed_errors: 6,
    rx_q0_size_64_packets: NUMBERED.rxSize64,
    rx_q0_size_1024_to_1518_packets: NUMBERED.rxSize1024To1518,
    rx_q0_mbuf_alloc_failed: NUMBERED.rxErrnoENOBUFS + NUMBERED.rxErrnoENOMEM,
    rx_q1_packets: 5,
    rx_q1_size_64_packets: 0,
    tx_q0_tso_packets: NUMBERED.txTso,
    tx_q0_other_errors: NUMBERED.txErrnoOther,
  });
});

test('extendedStatistics leaves no counter out and keeps its direction when it names them', (t) => {
  const counters = (names: typeof RX_EXTENDED) => names.flatMap(([, ...counted]) => counted);
  const shown = [...counters(RX_EXTENDED), ...counters(TX_EXTENDED)];
  t.deepEqual([...new Set(shown)].sort(), [...QUEUE_COUNTER_NAMES].sort());
  t.true(counters(RX_EXTENDED).every((name) => name.startsWith('rx')));
  t.true(counters(TX_EXTENDED).every((name) => name.startsWith('tx')));
});

test('rtap-stats(8) lists every name that extendedStatistics has', (t) => {
  const page = readFileSync(new URL('../../../man/rtap-stats.8', import.meta.url), 'utf8');
  const words = new Set(page.split(/\s+/));
  const suffixes = [...RX_EXTENDED, ...TX_EXTENDED].map(([suffix]) => `_${suffix}`);
  t.deepEqual(
    suffixes.filter((suffix) => !words.has(suffix)),
    [],
  );
  const sums = Object.keys(extendedStatistics({ ...STATISTICS, queues: [] }));
  t.deepEqual(
    sums.filter((name) => !words.has(name)),
    [],
  );
});
