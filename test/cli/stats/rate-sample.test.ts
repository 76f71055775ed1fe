import test from 'ava';
import { describeRatesInLine, ratesJson } from '../../../src/cli/stats/rate-report.js';
import { type RateSample, ratesBetween } from '../../../src/cli/stats/rate-sample.js';
import { addCounts, countsOf, emptyCounts } from '../../../src/tap/counters/queue-counts.js';

process.env.TZ = 'America/New_York';
const TIME = new Date('2026-01-02T03:04:05.678Z');

/** A sample of queues. A row has received packets and bytes, errors, discarded, then sent packets and bytes. */
function sampleOf(timeMs: number, rows: readonly number[][], missed: number): RateSample {
  const queues = rows.map(countsOf);
  const total = emptyCounts();
  for (const counts of queues) addCounts(total, counts);
  const kernel = {
    rx: { bytes: 0, packets: 0, errors: 0, dropped: 0, over_errors: 0, multicast: 0 },
    tx: { bytes: 0, packets: 0, errors: 0, dropped: missed, carrier_errors: 0, collisions: 0 },
  };
  const qdisc = undefined;
  return {
    timeMs,
    statistics: { name: 'io0', ifindex: 7, queues, total, missed, kernel, qdisc, since: undefined },
  };
}

const BEFORE = sampleOf(1000, [[10, 1000]], 5);
const AFTER = sampleOf(
  3000,
  [
    [40, 5000, 1],
    [0, 0, 0, 0, 10, 600],
  ],
  9,
);

test('ratesBetween divides counts by time when two samples differ', (t) => {
  const rates = ratesBetween(BEFORE, AFTER);
  t.like(rates, { name: 'io0', ifindex: 7, seconds: 2, missed: 4, missedPerSecond: 2 });
  t.deepEqual(rates.rx, { packets: 30, bytes: 4000, errors: 1, packetsPerSecond: 15, bitsPerSecond: 16_000 });
  t.deepEqual(rates.tx, { packets: 10, bytes: 600, errors: 0, packetsPerSecond: 5, bitsPerSecond: 2400 });
  t.deepEqual(
    rates.queues.map(({ queue, share, rx, tx }) => [queue, share, rx.packets, tx.packets]),
    [
      [0, 0.75, 30, 0],
      [1, 0.25, 0, 10],
    ],
  );
});

test('ratesBetween has shares of 0 when no frame moved', (t) => {
  t.deepEqual(
    ratesBetween(AFTER, { ...AFTER, timeMs: 4000 }).queues.map(({ share }) => share),
    [0, 0],
  );
});

test('ratesBetween is never negative when counts were removed', (t) => {
  const { rx, tx, queues } = ratesBetween(AFTER, sampleOf(4000, [[3, 300]], 9));
  t.deepEqual([rx.packets, rx.bitsPerSecond, tx.packets, queues.length], [0, 0, 0, 1]);
});

test('ratesJson has the keys of stats --json and the time when it is printed', (t) => {
  const object = ratesJson(ratesBetween(BEFORE, AFTER), TIME);
  t.deepEqual(Object.keys(object), [
    'time',
    'ifname',
    'ifindex',
    'seconds',
    'source',
    'rx',
    'unread',
    'tx',
    'queues',
  ]);
  t.like(object, { time: '2026-01-02T03:04:05.678Z', rx: { packets: 30, missed: 4, missedPerSecond: 2 } });
});

test('describeRatesInLine names queues without a reader when they are known', (t) => {
  const rates = { ...ratesBetween(BEFORE, AFTER), unread: [0, 1, 3] };
  t.regex(describeRatesInLine(rates, TIME), /, missed 2 pps \(queues 0-1,3 have no reader\); tx/);
  t.deepEqual(ratesJson(rates, TIME).unread, [0, 1, 3]);
});

test('ratesBetween knows neither bytes nor errors of queues that sockets count', (t) => {
  const { source, rx, queues } = ratesBetween(BEFORE, AFTER, 'sockets');
  t.is(source, 'sockets');
  t.is(rx.bytes, 4000);
  const unknown = { bytes: null, errors: null, bitsPerSecond: null };
  t.deepEqual(queues[0]!.rx, { packets: 30, packetsPerSecond: 15, ...unknown });
  t.deepEqual(queues[1]!.tx, { packets: 10, packetsPerSecond: 5, ...unknown });
});

test('describeRatesInLine has the rates of each queue when they are wanted', (t) => {
  t.regex(
    describeRatesInLine(ratesBetween(BEFORE, AFTER), TIME, { perQueue: true }),
    /: q0 rx 15 pps tx 0 pps, q1 rx 0 pps tx 5 pps$/,
  );
});

test('describeRatesInLine leaves a share out when it is 0', (t) => {
  t.is(
    describeRatesInLine(ratesBetween(BEFORE, AFTER), TIME),
    '2026-01-01T22:04:05.678-05:00 io0 rx 15 pps, 16.0 kbit/s, missed 2 pps; tx 5 pps, 2.4 kbit/s: q0 75% q1 25%',
  );
});
