import test from 'ava';
import { Chalk } from 'chalk';
import { describeStatistics, statisticsJson } from '../../../src/cli/stats/statistics-report.js';
import type { DeviceStatistics } from '../../../src/tap/counters/device-statistics.js';
import { countsOf } from '../../../src/tap/counters/queue-counts.js';

const PLAIN = new Chalk({ level: 0 });

const STATISTICS: DeviceStatistics = {
  name: 'io0',
  ifindex: 7,
  queues: [countsOf([10, 1000, 1, 2, 3, 300, 4]), countsOf([5])],
  total: countsOf([15, 1000, 1, 2, 3, 300, 4]),
  missed: 6,
  kernel: {
    rx: { bytes: 300, packets: 3, errors: 0, dropped: 7, over_errors: 0, multicast: 1 },
    tx: { bytes: 1500, packets: 21, errors: 0, dropped: 6, carrier_errors: 0, collisions: 0 },
  },
  since: undefined,
};

test('describeStatistics puts the two views side by side when they are printed', (t) => {
  t.is(
    describeStatistics(STATISTICS, PLAIN),
    [
      'io0',
      '                            PACKETS  BYTES  ERRORS  MISSED  DROPPED',
      'rtap rx (received by rtap)       15   1000       1       6',
      'rtap tx (sent by rtap)            3    300       4',
      'kernel tx (= rtap rx)            21   1500       0                6',
      'kernel rx (= rtap tx)             3    300       0                7',
    ].join('\n'),
  );
});

test('describeStatistics adds a row for each queue, and says since when, when it is asked', (t) => {
  const text = describeStatistics({ ...STATISTICS, since: '2026-01-02T03:04:05.678Z' }, PLAIN, {
    perQueue: true,
  });
  const lines = text.split('\n');
  t.is(lines[0], 'io0 since 2026-01-02T03:04:05.678Z');
  t.deepEqual(lines.slice(6), [
    'QUEUE  RX PACKETS  RX BYTES  RX ERRORS  TX PACKETS  TX BYTES  TX ERRORS',
    '    0          10      1000          1           3       300          4',
    '    1           5         0          0           0         0          0',
  ]);
});

test('describeStatistics prints the head alone when there are no queues', (t) => {
  const lines = describeStatistics({ ...STATISTICS, queues: [] }, PLAIN, { perQueue: true }).split('\n');
  t.is(lines.length, 7);
});

test('describeStatistics colours what was missed, and only then, when there are colours', (t) => {
  const style = new Chalk({ level: 1 });
  t.true(describeStatistics(STATISTICS, style).includes(style.red('6')));
  t.false(describeStatistics({ ...STATISTICS, missed: 0 }, style).includes('\u001b[31m'));
});

test('statisticsJson gives both views under names of their own when it is printed', (t) => {
  const none = { packets: 0, bytes: 0, errors: 0 };
  t.deepEqual(statisticsJson(STATISTICS), {
    ifname: 'io0',
    ifindex: 7,
    rx: { packets: 15, bytes: 1000, errors: 1, discarded: 2, missed: 6 },
    tx: { packets: 3, bytes: 300, errors: 4 },
    queues: [
      {
        queue: 0,
        rx: { packets: 10, bytes: 1000, errors: 1, discarded: 2 },
        tx: { packets: 3, bytes: 300, errors: 4 },
      },
      { queue: 1, rx: { ...none, packets: 5, discarded: 0 }, tx: none },
    ],
    stats64: STATISTICS.kernel,
  });
});

test('statisticsJson says since when, and only then, when counting began anew', (t) => {
  t.false('since' in statisticsJson(STATISTICS));
  t.is(statisticsJson({ ...STATISTICS, since: 'then' }).since, 'then');
});
