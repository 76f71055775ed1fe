import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ip } from '../../netlink/iproute2.js';
import { serialIfAble } from '../able.js';
import { frameOf } from '../capture.js';
import { done, start } from '../command.js';
import { eventually } from '../deadline.js';
import { fetchMetrics, parseMetrics } from '../open-metrics.js';
import { runTool } from '../peer.js';
import { missingForPrometheus, Prometheus } from '../prometheus.js';
import type { RunningProcess } from '../running-process.js';
import { enterWorkspace } from '../workspace.js';

const { directory } = enterWorkspace();
ip('link set lo up');
const serial = serialIfAble(missingForPrometheus());

const EXAMPLES = fileURLToPath(new URL('../../../examples/', import.meta.url));
const ALERTS = join(EXAMPLES, 'rtap-alerts.yml');
const TARGET = '127.0.0.1:9177';
const URL_OF_METRICS = `http://${TARGET}/metrics`;
const CONFIGURATION = {
  global: { scrape_interval: '1s', evaluation_interval: '1s' },
  rule_files: [ALERTS],
  scrape_configs: [{ job_name: 'rtap', static_configs: [{ targets: [TARGET] }] }],
};
/** How many readings of `stats --watch` are compared. */
const READINGS = 10;

let server: RunningProcess;
let holder: RunningProcess;
let prometheus: Prometheus;

async function serve(): Promise<RunningProcess> {
  const metrics = start(['metrics', '--listen', TARGET]);
  await metrics.waitFor(/^metrics: listening/m, 'stderr');
  return metrics;
}

serial('Prometheus scrapes rtap metrics as OpenMetrics', async (t) => {
  await done('create', 'io0', '--persist', '--up');
  holder = start(['hold', 'io0']);
  await holder.waitFor(/ready/);
  server = await serve();
  prometheus = await Prometheus.start(CONFIGURATION, directory);
  await prometheus.until('up{job="rtap"} == 1');
  const { activeTargets } = prometheus.api<{ activeTargets: readonly object[] }>('targets');
  t.like(activeTargets, [{ health: 'up', lastError: '', scrapeUrl: URL_OF_METRICS }]);
  // The older format has neither units nor a type for facts.
  const { rtap_build, rtap_bytes } = prometheus.api<Record<string, readonly object[]>>('metadata');
  t.like(rtap_build, [{ type: 'info' }]);
  t.like(rtap_bytes, [{ type: 'counter', unit: 'bytes' }]);
  t.deepEqual(await prometheus.until('rtap_build_info'), [1]);
  for (const state of ['up', 'carrier', 'held'])
    t.deepEqual(prometheus.query(`rtap_device_${state}`)[0]?.value, 1);
  t.is(prometheus.query('rtap_unread_queues')[0]?.value, 4);
});

serial('the rates of PromQL are those of stats --watch', async (t) => {
  const words = ['--udp', '192.0.2.1:7-192.0.2.2:7', '--size', '300', '--rate', '1kpps', '--loop', '0'];
  const sender = start(['tx-inject', 'io0', '-q', '2', ...words]);
  let rates = await compareRates();
  // Each scrape is a little late, on a busy machine by a part of a second. The next rates have other scrapes.
  for (let again = 0; again < 4 && !rates.every(isNear); again++) rates = await compareRates();
  for (const pair of rates) t.true(isNear(pair), JSON.stringify(rates));
  t.is((await sender.stop()).code, 0);
});

/** A rate that PromQL gives, and that of `stats --watch` in the same seconds. */
type RatePair = readonly [queried: number | undefined, watched: number];

function isNear([queried = 0, watched]: RatePair): boolean {
  return Math.abs(queried / watched - 1) < 0.05;
}

async function compareRates(): Promise<RatePair[]> {
  const watch = start(['stats', 'io0', '--watch', '--json']);
  await watch.waitFor(new RegExp(`^(?:.*\n){${READINGS}}`));
  const rateOf = (metric: string, labels: string) =>
    prometheus.query(`rate(${metric}{device="io0",${labels}}[${READINGS}s])`)[0]?.value;
  const queue = 'queue="2",direction="tx"';
  const packets = rateOf('rtap_packets_total', queue);
  const bytes = rateOf('rtap_bytes_total', queue);
  const kernel = rateOf('rtap_kernel_packets_total', 'direction="rx"');
  await watch.stop();
  const watched = watch.stdout.trimEnd().split('\n').map(sentRates);
  const mean = (key: 'packets' | 'bytes') =>
    watched.reduce((sum, rates) => sum + rates[key], 0) / watched.length;
  return [
    [packets, mean('packets')],
    [bytes, mean('bytes')],
    [kernel, mean('packets')],
  ];
}

interface WatchedRates {
  readonly queues: readonly {
    readonly tx: { readonly packetsPerSecond: number; readonly bitsPerSecond: number };
  }[];
}

/** The rates of queue 2 in an object of `stats --watch`. */
function sentRates(line: string): { readonly packets: number; readonly bytes: number } {
  const { tx } = (JSON.parse(line) as WatchedRates).queues[2]!;
  return { packets: tx.packetsPerSecond, bytes: tx.bitsPerSecond / 8 };
}

serial('counters go on when rtap starts again', async (t) => {
  const packets = 'rtap_packets_total{device="io0",queue="1",direction="tx"}';
  await done('tx-inject', 'io0', '-q', '1', '--hex', frameOf(1), '--count', '30');
  await prometheus.until(`${packets} == 30`);
  await server.stop('SIGTERM');
  await prometheus.until('up{job="rtap"} == 0');
  await done('tx-inject', 'io0', '-q', '1', '--hex', frameOf(1), '--count', '12');
  server = await serve();
  await prometheus.until(`${packets} == 42`);
  t.is(prometheus.query(`resets(${packets}[1h])`)[0]?.value, 0);
});

serial('the series of a device end when it is deleted', async (t) => {
  await done('create', 'gone0', '--persist', '--up');
  await prometheus.until('rtap_device_up{device="gone0"} == 1');
  t.deepEqual(await prometheus.until('rtap_device_held{device="gone0"}'), [0]);
  await done('delete', 'gone0');
  await prometheus.until('{device="gone0"}', { isEmpty: true });
  t.true(prometheus.query('rtap_device_up{device="io0"}').length === 1);
});

serial('the readers of queues are series, with and without a holder', async (t) => {
  const readers = () =>
    Object.fromEntries(
      prometheus
        .query('rtap_queue_readers')
        .map(({ labels, value }) => [`${labels.device} ${labels.queue}`, value]),
    );
  const reader = start(['rx-dump', 'io0', '-q', '1,3']);
  await reader.waitFor(/listening/, 'stderr');
  const second = start(['rx-dump', 'io0', '-q', '3', '--share']);
  await second.waitFor(/listening/, 'stderr');
  await prometheus.until('rtap_queue_readers{device="io0",queue="3"} == 2');
  t.deepEqual(readers(), { 'io0 0': 0, 'io0 1': 1, 'io0 2': 0, 'io0 3': 2 });
  await Promise.all([reader.stop(), second.stop()]);
  await done('create', 'alone0', '--persist', '--up', '--queues', '2');
  await prometheus.until('rtap_unread_queues{device="alone0"} == 2');
  const alone = start(['rx-dump', 'alone0']);
  await alone.waitFor(/listening/, 'stderr');
  await prometheus.until('rtap_unread_queues{device="alone0"} == 0');
  t.like(readers(), { 'io0 0': 0, 'io0 1': 0, 'io0 3': 0, 'alone0 0': 1, 'alone0 1': 1 });
  await alone.stop();
  await done('delete', 'alone0');
});

serial(
  'each series comes once, however devices are named, and stats --openmetrics has the same',
  async (t) => {
    // The kernel takes all of them. Two have a control character or look as if they had, two have bytes that are no UTF-8.
    for (const name of ['a\\x1bq', 'a\\\\x1bq', 'b\\xff', 'b\\xfe'])
      runTool('bash', '-c', `ip tuntap add mode tap name $'${name}"'`);
    ip('link property add dev io0 altname other-name');
    const families = await fetchMetrics(URL_OF_METRICS);
    const keys = families.flatMap(({ samples }) =>
      samples.map(({ name, labels }) => JSON.stringify([name, labels])),
    );
    t.is(new Set(keys).size, keys.length);
    t.is(families.find(({ name }) => name === 'rtap_device_up')?.samples.length, 5);
    t.deepEqual(parseMetrics(await done('stats', '--openmetrics')), families);
    const twice = parseMetrics(await done('stats', 'io0', 'other-name', 'io0', '--openmetrics'));
    t.is(twice.find(({ name }) => name === 'rtap_device_up')?.samples.length, 1);
    await prometheus.until('count(rtap_device_up) == 5');
    t.deepEqual(await prometheus.until('up{job="rtap"}'), [1]);
  },
);

serial('promtool finds no fault with the older format', (t) => {
  const text = runTool('curl', '-sS', '-H', 'Accept: text/plain;version=0.0.4', URL_OF_METRICS);
  const file = join(directory, 'metrics.txt');
  writeFileSync(file, text);
  t.is(runTool('sh', '-c', `promtool check metrics <'${file}' 2>&1`), '');
  t.regex(text, /^# TYPE rtap_packets_total counter$/m);
});

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
  }[];
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly query: { readonly query: string } }[];
  };
}

serial('every query of the dashboard gives data', async (t) => {
  const { panels, templating } = JSON.parse(
    readFileSync(join(EXAMPLES, 'rtap-dashboard.json'), 'utf8'),
  ) as Dashboard;
  const values: Record<string, string> = { __rate_interval: '1m' };
  const replaced = (text: string) =>
    text.replace(/\$(\w+)/g, (_, name: string) => {
      t.true(Object.hasOwn(values, name), `$${name} is a variable`);
      return values[name] ?? '';
    });
  // The first one is the data source.
  for (const { name, query } of templating.list.slice(1)) {
    const [, metric = '', label = ''] = /^label_values\((.*), (\w+)\)$/.exec(replaced(query.query)) ?? [];
    const found = prometheus.api<readonly string[]>(`label/${label}/values`, { 'match[]': metric });
    t.true(found.length > 0, `${name}: ${query.query}`);
    // As Grafana writes all values.
    values[name] = name === 'device' ? 'io0' : `(${found.join('|')})`;
  }
  t.deepEqual(Object.keys(values), ['__rate_interval', 'job', 'instance', 'device']);
  // Two machines have devices of the same name.
  const legends = panels.flatMap(({ targets }) => targets.map(({ legendFormat }) => legendFormat));
  t.deepEqual(
    legends.filter((legend) => legend.includes('{{device}}') && !legend.startsWith('{{instance}} ')),
    [],
  );
  const queries = panels.flatMap(({ title, targets }) =>
    targets.map(({ expr }) => ({ title, expr: replaced(expr) })),
  );
  t.true(queries.length > 10);
  for (const { title, expr } of queries) {
    const samples = prometheus.query(expr);
    t.true(samples.length > 0, `${title}: ${expr}`);
    t.false(
      samples.every(({ value }) => Number.isNaN(value)),
      `${title}: ${expr}`,
    );
  }
});

interface Rule {
  readonly name: string;
  readonly health: string;
  readonly state: string;
}

function ruleOf(name: string): Rule | undefined {
  const { groups } = prometheus.api<{ groups: readonly { readonly rules: readonly Rule[] }[] }>('rules');
  return groups.flatMap(({ rules }) => rules).find((rule) => rule.name === name);
}

serial(
  'the alerts see missed packets, a queue without a reader, and a holder that is stopped or gone',
  async (t) => {
    for (const name of ['RtapPacketsMissed', 'RtapQueueWithoutReader', 'RtapHolderGone', 'RtapHolderSilent'])
      await eventually(() => ruleOf(name)?.health === 'ok', `${name} to be evaluated`);
    t.is(ruleOf('RtapQueueWithoutReader')?.state, 'pending');
    t.is(ruleOf('RtapHolderGone')?.state, 'inactive');
    t.is(ruleOf('RtapPacketsMissed')?.state, 'inactive');
    // One more than fits into a queue that no process reads.
    ip('address add 192.0.2.1/24 dev io0');
    ip('neighbour add 192.0.2.2 lladdr 02:00:00:00:00:02 dev io0');
    ip('link set io0 txqueuelen 1');
    const socket = `import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\nfor n in range(9): s.sendto(b'x', ('192.0.2.2', 9))`;
    runTool('python3', '-c', socket);
    await eventually(() => ruleOf('RtapPacketsMissed')?.state === 'firing', 'missed packets');
    t.is(ruleOf('RtapHolderSilent')?.state, 'inactive');
    process.kill(holder.pid, 'SIGSTOP');
    await eventually(
      () => ruleOf('RtapHolderSilent')?.state === 'pending',
      'the alert on a holder that is stopped',
    );
    await holder.stop('SIGKILL');
    await eventually(() => ruleOf('RtapHolderGone')?.state === 'pending', 'the alert on the holder');
    await server.stop();
    await prometheus.process.stop('SIGTERM');
  },
);

/** An hour of a device: what each series is minute by minute, and which alerts there are at the end of minutes. */
const RULE_TEST = {
  rule_files: [ALERTS],
  evaluation_interval: '1m',
  tests: [
    {
      interval: '1m',
      input_series: [
        { series: seriesOf('rtap_missed_packets_total'), values: '0x10 1 3 3x30' },
        { series: seriesOf('rtap_device_held'), values: '1x10 0x30' },
        { series: seriesOf('rtap_device_carrier'), values: '1x10 0x30' },
        { series: seriesOf('rtap_queue_readers', ',queue="0"'), values: '1x40' },
        { series: seriesOf('rtap_queue_readers', ',queue="1"'), values: '1 0x40' },
        { series: seriesOf('rtap_device_up'), values: '1x40' },
        // A device whose address filter drops frames, until it is removed, and whose holder does not answer for some minutes.
        { series: seriesOf('rtap_missed_packets_total').replace('io0', 'io2'), values: '0+1x40' },
        { series: seriesOf('rtap_device_filtered').replace('io0', 'io2'), values: '1x25 0x15' },
        { series: seriesOf('rtap_device_up').replace('io0', 'io2'), values: '1x40' },
        { series: seriesOf('rtap_device_held').replace('io0', 'io2'), values: '1x14 stale _x4 1x20' },
        // A device that never had a holder, and that no process uses.
        { series: seriesOf('rtap_device_held').replace('io0', 'io1'), values: '0x40' },
        { series: seriesOf('rtap_device_carrier').replace('io0', 'io1'), values: '0x40' },
        { series: seriesOf('rtap_queue_readers', ',queue="0"').replace('io0', 'io1'), values: '0x40' },
      ],
      promql_expr_test: [
        firingAt(10, ['RtapQueueWithoutReader', { queue: '1' }]),
        firingAt(5),
        firingAt(11, ['RtapPacketsMissed']),
        firingAt(12, ['RtapPacketsMissed'], ['RtapHolderGone']),
        // Without a carrier no frame comes into a queue.
        firingAt(30, ['RtapHolderGone']),
        firingAt(19, ['RtapHolderGone'], ['RtapHolderSilent', { device: 'io2' }]),
        firingAt(35, ['RtapHolderGone'], ['RtapPacketsMissed', { device: 'io2' }]),
      ],
    },
  ],
};

function seriesOf(name: string, more = ''): string {
  return `${name}{job="rtap",instance="${TARGET}",device="io0"${more}}`;
}

/** What fires at a minute: names of alerts, with the labels that are not those of the device. */
function firingAt(minute: number, ...alerts: readonly (readonly [string, Record<string, string>?])[]) {
  const labels = { job: 'rtap', instance: TARGET, device: 'io0', alertstate: 'firing' };
  return {
    expr: 'ALERTS{alertstate="firing"}',
    eval_time: `${minute}m`,
    exp_samples: alerts.map(([alertname, more = {}]) => {
      const severity = alertname.startsWith('RtapHolder') ? 'critical' : 'warning';
      const pairs = Object.entries({ ...labels, alertname, severity, ...more });
      return { labels: `ALERTS{${pairs.map(([key, text]) => `${key}="${text}"`).join(',')}}`, value: 1 };
    }),
  };
}

serial('promtool finds no fault with the alert rules, which fire at the right minute', (t) => {
  t.regex(runTool('promtool', 'check', 'rules', ALERTS), /SUCCESS: 4 rules found/);
  const file = join(directory, 'alerts.test.yml');
  writeFileSync(file, JSON.stringify(RULE_TEST));
  t.regex(runTool('promtool', 'test', 'rules', file), /SUCCESS/);
});
