import test from 'ava';
import { Chalk } from 'chalk';
import { describeStatistics, statisticsJson } from '../../../src/cli/stats/statistics-report.js';
import type { DeviceStatistics } from '../../../src/tap/counters/device-statistics.js';
import { countsOf } from '../../../src/tap/counters/queue-counts.js';

process.env.TZ = 'Asia/Kolkata';
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
  qdisc: undefined,
  since: undefined,
};

test("describeStatistics prints rtap's counters above the kernel's when there are no options", (t) => {
  t.is(
    describeStatistics(STATISTICS, PLAIN),
    [
      'io0',
      '                            PACKETS  BYTES  ERRORS  DISCARDED  MISSED  DROPPED',
      'rtap rx (received by rtap)       15   1000       1          2       6',
      'rtap tx (sent by rtap)            3    300       4',
      'kernel tx (= rtap rx)            21   1500       0                           6',
      'kernel rx (= rtap tx)             3    300       0                           7',
    ].join('\n'),
  );
});

test('describeStatistics names queues without a reader when packets were missed', (t) => {
  const lastLine = (missed: number, unread: readonly number[]) =>
    describeStatistics({ ...STATISTICS, missed }, PLAIN, { unread })
      .split('\n')
      .at(-1);
  t.is(lastLine(6, [0, 1, 3]), '6 missed on io0; queues 0-1,3 have no reader');
  t.is(lastLine(6, [2]), '6 missed on io0; queue 2 has no reader');
  t.regex(lastLine(6, [])!, /^kernel rx/);
  t.regex(lastLine(0, [2])!, /^kernel rx/);
});

test('describeStatistics has a row for the drops of a qdisc when there are some', (t) => {
  const text = (dropped: number) =>
    describeStatistics({ ...STATISTICS, qdisc: { kind: 'tbf', dropped } }, PLAIN);
  t.is(
    text(1982).split('\n').at(-1),
    'qdisc tbf (before kernel tx)                                                1982',
  );
  t.notRegex(text(0), /qdisc/);
});

test('describeStatistics adds a row for each queue when perQueue is set, and the time of the reset', (t) => {
  const text = describeStatistics({ ...STATISTICS, since: '2026-01-02T03:04:05.678Z' }, PLAIN, {
    perQueue: true,
  });
  const lines = text.split('\n');
  t.is(lines[0], 'io0 since 2026-01-02T08:34:05.678+05:30');
  t.deepEqual(lines.slice(6), [
    'QUEUE  RX PACKETS  RX BYTES  RX ERRORS  RX DISCARDED  TX PACKETS  TX BYTES  TX ERRORS',
    '    0          10      1000          1             2           3       300          4',
    '    1           5         0          0             0           0         0          0',
  ]);
});

test('describeStatistics prints no head of the queues when there are none', (t) => {
  const none = { ...STATISTICS, queues: [] };
  t.is(describeStatistics(none, PLAIN, { perQueue: true }), describeStatistics(none, PLAIN));
});

test('describeStatistics colours the missed packets when there are some and the terminal has colours', (t) => {
  const style = new Chalk({ level: 1 });
  t.true(describeStatistics(STATISTICS, style).includes(style.red('6')));
  t.false(describeStatistics({ ...STATISTICS, missed: 0 }, style).includes('\u001b[31m'));
});

test("statisticsJson has rtap's and the kernel's counters under different keys when it is printed", (t) => {
  const none = { packets: 0, bytes: 0, errors: 0 };
  t.deepEqual(statisticsJson(STATISTICS, [1]), {
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
    unread: [1],
    stats64: STATISTICS.kernel,
    qdisc: null,
  });
});

test('statisticsJson has the time of the reset when there was one', (t) => {
  t.false('since' in statisticsJson(STATISTICS, []));
  t.is(statisticsJson({ ...STATISTICS, since: 'then' }, []).since, 'then');
});
