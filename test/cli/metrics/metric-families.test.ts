import test from 'ava';
import { type DeviceMetrics, labelsOf } from '../../../src/cli/metrics/device-metrics.js';
import { metricsText } from '../../../src/cli/metrics/metric-families.js';
import { QUEUE_COUNTER_NAMES } from '../../../src/tap/counters/counter-table.js';
import type { DeviceStatistics } from '../../../src/tap/counters/device-statistics.js';
import { countsOf } from '../../../src/tap/counters/queue-counts.js';
import { parseMetrics, parsePrometheusText, sampleValue } from '../../kernel/open-metrics.js';

const NUMBERED = countsOf(QUEUE_COUNTER_NAMES.map((_, index) => index + 1));

function metricsOf(name: string, more: Partial<DeviceStatistics> = {}): DeviceMetrics {
  const [label = ''] = labelsOf([{ name, ifindex: 7 }]);
  const statistics = {
    name,
    ifindex: 7,
    queues: [NUMBERED, countsOf([2 ** 53])],
    total: NUMBERED,
    missed: 6,
    kernel: {
      rx: { bytes: 300, packets: 3, errors: 0, dropped: 7, over_errors: 0, multicast: 1 },
      tx: { bytes: 1500, packets: 21, errors: 0, dropped: 6, carrier_errors: 0, collisions: 0 },
    },
    qdisc: { kind: 'tbf', dropped: 8 },
    since: undefined,
    ...more,
  };
  return {
    label,
    statistics,
    state: { up: true, carrier: false, held: true, readers: [1, 0, 2], filtered: true },
  };
}

const openMetrics = (devices: readonly DeviceMetrics[]) => metricsText(devices, 'openmetrics');

test('openMetrics passes a strict parser when there is no device, one, or two', (t) => {
  const since = '2026-01-02T03:04:05.678Z';
  for (const devices of [[], [metricsOf('io0')], [metricsOf('io0', { since }), metricsOf('io1')]]) {
    const families = parseMetrics(openMetrics(devices));
    t.is(families.length, 25);
    t.deepEqual(
      families.flatMap(({ samples }) => samples).filter(({ value }) => !(value >= 0)),
      [],
    );
    if (devices.length < 2) continue;
    t.is(sampleValue(families, 'rtap_reset_timestamp_seconds', { device: 'io0' }), Date.parse(since) / 1000);
    const qdisc = { device: 'io1', qdisc: 'tbf' };
    t.is(sampleValue(families, 'rtap_qdisc_dropped_packets_total', qdisc), 8);
    const io1 = { device: 'io1', queue: '0' };
    t.is(sampleValue(families, 'rtap_packets_total', { ...io1, direction: 'tx' }), NUMBERED.txPackets);
    t.is(
      sampleValue(families, 'rtap_packets_total', { device: 'io1', queue: '1', direction: 'rx' }),
      2 ** 53,
    );
    t.is(
      sampleValue(families, 'rtap_errors_total', { ...io1, direction: 'rx', cause: 'ENOMEM' }),
      NUMBERED.rxErrnoENOMEM,
    );
    const sizes = { ...io1, direction: 'tx' };
    t.is(sampleValue(families, 'rtap_frame_size_bytes_bucket', { ...sizes, le: '64.0' }), NUMBERED.txSize64);
    t.is(sampleValue(families, 'rtap_frame_size_bytes_sum', sizes), NUMBERED.txBytes);
    t.is(sampleValue(families, 'rtap_missed_packets_total', { device: 'io1' }), 6);
    t.is(sampleValue(families, 'rtap_kernel_dropped_packets_total', { device: 'io1', direction: 'rx' }), 7);
  }
});

test('openMetrics has every counter of a queue when it is not the sum of others', (t) => {
  const values = new Set(
    parseMetrics(openMetrics([metricsOf('io0', { queues: [NUMBERED] })])).flatMap(({ samples }) =>
      samples.map(({ value }) => value),
    ),
  );
  const missing = QUEUE_COUNTER_NAMES.filter(
    (name) => !/Size|Errors$/.test(name) && !values.has(NUMBERED[name]),
  );
  t.deepEqual(missing, []);
});

test('metricsText says of a device whether it is up, has a carrier, a holder and a filter, and which queues have readers', (t) => {
  const families = parseMetrics(openMetrics([metricsOf('io0')]));
  const device = 'io0';
  const value = (name: string, labels = {}) => sampleValue(families, name, { device, ...labels });
  t.deepEqual(
    ['device_up', 'device_carrier', 'device_held', 'device_filtered', 'unread_queues'].map((name) =>
      value(`rtap_${name}`),
    ),
    [1, 0, 1, 1, 1],
  );
  t.deepEqual(
    ['0', '1', '2'].map((queue) => value('rtap_queue_readers', { queue })),
    [1, 0, 2],
  );
});

test('metricsText leaves out what is not known of a device, and all that was deleted during the reading', (t) => {
  const silent = { up: true, carrier: true, held: undefined, readers: undefined, filtered: false };
  const [first, second] = [metricsOf('io0'), metricsOf('io1')];
  const families = parseMetrics(
    openMetrics([
      { ...first, state: silent },
      { ...second, state: undefined },
    ]),
  );
  const samples = families.flatMap((family) => family.samples);
  const named = (pattern: RegExp) => samples.filter(({ name }) => pattern.test(name));
  t.deepEqual(named(/held|readers|unread/), []);
  t.deepEqual(
    named(/_up$|carrier$/).map(({ labels }) => labels.device),
    ['io0', 'io0'],
  );
});

test('metricsText has the same series in both formats', (t) => {
  const devices = [metricsOf('io0', { since: '2026-01-02T03:04:05.678Z' }), metricsOf('a"b\\c')];
  const samplesOf = (families: ReturnType<typeof parseMetrics>) => families.flatMap(({ samples }) => samples);
  const older = parsePrometheusText(metricsText(devices, 'prometheus'));
  t.deepEqual(samplesOf(older), samplesOf(parseMetrics(openMetrics(devices))));
  t.is(
    new Set(samplesOf(older).map((sample) => JSON.stringify([sample.name, sample.labels]))).size,
    samplesOf(older).length,
  );
});

test('labelsOf gives each device a label of its own, also if their names look alike', (t) => {
  const names = ['io0', 'a\\x1b', 'a\x1b', '\ufffd', '\ufffd', 'io1'];
  t.deepEqual(labelsOf(names.map((name, index) => ({ name, ifindex: index + 2 }))), [
    'io0',
    'a\\x1b',
    'a\\x1b (4)',
    '\ufffd',
    '\ufffd (6)',
    'io1',
  ]);
});

test("openMetrics has a help text of its own for each of the kernel's counters when it is printed", (t) => {
  const helps = openMetrics([]).match(/^# HELP rtap_kernel_.*$/gm);
  t.deepEqual(
    helps?.map((line) => line.replace(/^.* own (.*), .*$/, '$1')),
    ['packets', 'bytes', 'errors', 'dropped packets'],
  );
});

test("openMetrics keeps a device's name when it consists of special characters", (t) => {
  const name = 'a"b\\c\\n{},=#';
  const families = parseMetrics(openMetrics([metricsOf(name)]));
  t.is(sampleValue(families, 'rtap_missed_packets_total', { device: name }), 6);
});

test("openMetrics escapes the control characters of a device's name", (t) => {
  const families = parseMetrics(openMetrics([metricsOf('a\x1b[2Jb\x9b')]));
  t.is(sampleValue(families, 'rtap_missed_packets_total', { device: 'a\\x1b[2Jb\\x9b' }), 6);
});
