import test from 'ava';
import { readStatistics } from '../../../src/tap/counters/device-statistics.js';
import { frameOf } from '../capture.js';
import { done, json, start } from '../command.js';
import { eventually } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import { parseMetrics, sampleValue } from '../open-metrics.js';
import { FlowDevice } from '../sent-flows.js';
import { unprivileged } from '../unprivileged.js';
import { enterWorkspace } from '../workspace.js';

enterWorkspace();

interface Extended {
  readonly queues: readonly unknown[];
  readonly xstats: Readonly<Record<string, number>> & Readonly<Record<Sum, number>>;
}

type Sum = 'rx_good_packets' | 'rx_missed_errors' | 'rx_q0_packets';

/** The sum of the counters whose names match. */
function sumOf(xstats: Readonly<Record<string, number>>, pattern: RegExp): number {
  return Object.entries(xstats).reduce((sum, [name, value]) => sum + (pattern.test(name) ? value : 0), 0);
}

test('stats --extended lists every counter by its name, as text, JSON and OpenMetrics', async (t) => {
  const device = await FlowDevice.create('ext0', { words: ['--queues', '2'] });
  const reader = start(['rx-dump', 'ext0']);
  await reader.waitFor(/listening/, 'stderr');
  await device.send(3, 30);
  await reader.waitFor(/(.*\n){30}/);
  await reader.stop();
  const lengths = [14, 64, 65, 1514].flatMap((length) => ['--hex', frameOf(1, length)]);
  await done('tx-inject', 'ext0', '-q', '1', ...lengths, '--hex', `ffffffffffff${frameOf(1).slice(12)}`);
  const { xstats, queues } = await json<Extended>('stats', 'ext0', '--extended');
  t.is(queues.length, 2);
  t.like(xstats, {
    rx_good_packets: 30,
    rx_good_bytes: 1500,
    tx_good_packets: 5,
    tx_q1_packets: 5,
    tx_q1_size_64_packets: 3,
    tx_q1_size_65_to_127_packets: 1,
    tx_q1_size_1024_to_1518_packets: 1,
    tx_q1_unicast_packets: 4,
    tx_q1_broadcast_packets: 1,
    tx_q0_packets: 0,
  });
  t.is(sumOf(xstats, /^rx_q\d_size_64_packets$/), 30);
  t.is(sumOf(xstats, /^rx_q\d_unicast_packets$/), 30);
  const text = await done('stats', 'ext0', '--extended');
  t.deepEqual(text.trimEnd().split('\n'), [
    'ext0',
    ...Object.entries(xstats).map(([name, value]) => `  ${name}: ${value}`),
  ]);
  const families = parseMetrics(await done('stats', 'ext0', '--openmetrics'));
  const labels = { device: 'ext0', queue: '1', direction: 'tx' };
  t.is(sampleValue(families, 'rtap_packets_total', labels), 5);
  t.is(sampleValue(families, 'rtap_frame_size_bytes_bucket', { ...labels, le: '64.0' }), 3);
  t.is(sampleValue(families, 'rtap_frame_size_bytes_count', labels), 5);
  const kernel = { device: 'ext0', direction: 'tx' };
  t.is(sampleValue(families, 'rtap_kernel_packets_total', kernel), ipLink('ext0').stats64.tx.packets);
  t.is(await done('stats', 'ext0', '--reset'), '');
  const zero = await json<Extended>('stats', 'ext0', '--extended');
  t.deepEqual(Object.keys(zero.xstats), Object.keys(xstats));
  t.is(sumOf(zero.xstats, /./), 0);
  t.is(ipLink('ext0').stats64.tx.packets, 30);
});

test('stats --extended counts every frame when two processes read one queue', async (t) => {
  const device = await FlowDevice.create('two0', { words: ['--queues', '1'] });
  const readers = [];
  for (const words of [[], ['--share']]) {
    const reader = start(['rx-dump', 'two0', ...words]);
    await reader.waitFor(/listening/, 'stderr');
    readers.push(reader);
  }
  await device.send(20, 2000, 100);
  await eventually(() => {
    const { total, missed } = readStatistics('two0');
    return total.rxPackets + missed === 2000;
  }, 'all of them');
  const { xstats } = await json<Extended>('stats', 'two0', '--extended');
  t.is(xstats.rx_q0_packets, ipLink('two0').stats64.tx.packets);
  t.is(xstats.rx_q0_size_64_packets, xstats.rx_q0_packets);
  t.is(xstats.rx_q0_unicast_packets, xstats.rx_q0_packets);
  for (const reader of readers) {
    const { stdout } = await reader.stop();
    t.true(stdout.length > 0, 'each had some');
  }
});

test('any user can read stats while 128 queues are busy, and no count is lost', async (t) => {
  const device = await FlowDevice.create('many0', { words: ['--queues', '128'] });
  const reader = start(['rx-dump', 'many0', '-w', '/dev/null']);
  await reader.waitFor(/listening/, 'stderr');
  const sender = device.startSending(500, 20_000, 150);
  let last = 0;
  for (let look = 0; look < 3; look++) {
    const { code, stdout, stderr } = await unprivileged('stats', 'many0', '--extended', '--json');
    t.is(code, 0, stderr);
    const { xstats, queues } = JSON.parse(stdout) as Extended;
    t.is(queues.length, 128);
    const received = sumOf(xstats, /^rx_q\d+_packets$/);
    t.true(received >= last && received <= 20_000, `${received} after ${last}`);
    t.is(received, xstats.rx_good_packets);
    last = received;
  }
  const sent = await sender.ended();
  t.is(sent.code, 0, sent.stderr);
  const end = await reader.stop();
  t.is(end.code, 0, end.stderr);
  const { xstats } = await json<Extended>('stats', 'many0', '--extended');
  t.is(xstats.rx_good_packets + xstats.rx_missed_errors, 20_000);
  t.is(xstats.rx_good_packets, ipLink('many0').stats64.tx.packets);
  t.is(sumOf(xstats, /^rx_q\d+_unicast_packets$/), xstats.rx_good_packets);
  t.is(sumOf(xstats, /^rx_q\d+_size_/), xstats.rx_good_packets);
  const busy = Object.entries(xstats).filter(([name, value]) => /^rx_q\d+_packets$/.test(name) && value > 0);
  t.true(busy.length > 100, `${busy.length} queues had frames`);
});
