import test from 'ava';
import { ip } from '../../netlink/iproute2.js';
import { frameOf } from '../capture.js';
import { done, json, RTAP, refusal, start } from '../command.js';
import { eventually } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import { startOnTerminal } from '../on-terminal.js';
import { OtherNamespace } from '../other-namespace.js';
import { RunningProcess } from '../running-process.js';
import { FlowDevice } from '../sent-flows.js';
import { enterWorkspace } from '../workspace.js';

enterWorkspace();

interface Interval {
  readonly time: string;
  readonly ifname: string;
  readonly seconds: number;
  readonly rx: Readonly<
    Record<'packets' | 'bytes' | 'missed' | 'packetsPerSecond' | 'bitsPerSecond', number>
  >;
  readonly tx: Readonly<Record<'packets' | 'bytes', number>>;
  readonly queues: readonly { readonly queue: number; readonly share: number }[];
}

function intervalsOf(text: string): Interval[] {
  return text
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as Interval);
}

test('stats --watch --json prints an object an interval, and every packet is in one of them', async (t) => {
  const device = await FlowDevice.create('watch0', { words: ['--queues', '2'] });
  const reader = start(['rx-dump', 'watch0', '-w', '/dev/null']);
  await reader.waitFor(/listening/, 'stderr');
  const watch = start(['stats', 'watch0', '--watch', '100ms', '--json']);
  await watch.waitFor(/(.*\n){2}/);
  const nextIntervals = () => watch.waitFor(new RegExp(`(.*\\n){${watch.stdout.split('\n').length + 1}}`));
  await device.send(4, 500, 200);
  // So that no interval has frames of both directions.
  await nextIntervals();
  await done('tx-inject', 'watch0', '-q', '1', '--hex', frameOf(1), '--count', '300');
  await nextIntervals();
  const { code, signal, stdout, stderr } = await watch.stop('SIGINT');
  t.deepEqual([code, signal, stderr], [0, null, '']);
  const intervals = intervalsOf(stdout);
  const sum = (read: (interval: Interval) => number) =>
    intervals.reduce((total, interval) => total + read(interval), 0);
  t.is(sum(({ rx }) => rx.packets) + sum(({ rx }) => rx.missed), 500);
  t.is(
    sum(({ rx }) => rx.packets),
    ipLink('watch0').stats64.tx.packets,
  );
  t.is(
    sum(({ tx }) => tx.packets),
    300,
  );
  for (const { ifname, seconds, rx, queues } of intervals) {
    t.is(ifname, 'watch0');
    // What is printed is rounded.
    t.true(Math.abs(rx.packetsPerSecond - rx.packets / seconds) <= 0.02 * rx.packetsPerSecond + 1);
    t.true(Math.abs(rx.bitsPerSecond - (rx.bytes * 8) / seconds) <= 0.02 * rx.bitsPerSecond + 1);
    const shares = queues.reduce((total, { share }) => total + share, 0);
    t.true(shares === 0 || Math.abs(shares - 1) < 0.01);
  }
  const only = intervals.findLast(({ rx, tx }) => rx.packets === 0 && tx.packets > 0);
  t.deepEqual(
    only?.queues.map(({ share }) => share),
    [0, 1],
  );
  await reader.stop();
});

test('stats --watch --json loses no packet when the counters are reset under load, and rtap and the kernel count alike after it', async (t) => {
  const device = await FlowDevice.create('anew0', { words: ['--queues', '2', '--txqueuelen', '10000'] });
  const reader = start(['rx-dump', 'anew0', '-w', '/dev/null']);
  await reader.waitFor(/listening/, 'stderr');
  const watch = start(['stats', 'anew0', '--watch', '50ms', '--json']);
  await watch.waitFor(/(.*\n){2}/);
  const sentPackets = () => ipLink('anew0').stats64.tx.packets;
  const before = sentPackets();
  const sender = device.startSending(4, 0, 100);
  const waitForPackets = async (count: number) => {
    const wanted = sentPackets() + count;
    await eventually(() => sentPackets() >= wanted, `${count} packets`);
  };
  for (let reset = 1; reset <= 3; reset++) {
    await waitForPackets(1000);
    t.is(await done('stats', 'anew0', '--reset'), '');
  }
  await waitForPackets(1000);
  sender.endInput();
  const sent = Number((await sender.ended()).stdout);
  const total = ipLink('anew0').stats64.tx;
  const sumOf = (text: string, key: 'packets' | 'missed') =>
    intervalsOf(text).reduce((sum, { rx }) => sum + rx[key], 0);
  await watch.waitFor(new RegExp(`(.*\\n){${watch.stdout.split('\n').length + 1}}`));
  const { stdout } = await watch.stop();
  t.is(sumOf(stdout, 'packets'), total.packets - before);
  t.is(sumOf(stdout, 'missed') + sumOf(stdout, 'packets'), sent);
  interface Counts {
    readonly rx: { readonly packets: number; readonly bytes: number };
  }
  const counts = await json<
    Counts & {
      readonly queues: readonly Counts[];
      readonly stats64: { readonly tx: { readonly packets: number; readonly bytes: number } };
    }
  >('stats', 'anew0');
  t.true(counts.rx.packets > 0 && counts.rx.packets < total.packets - before);
  for (const key of ['packets', 'bytes'] as const) {
    t.is(counts.rx[key], counts.stats64.tx[key]);
    t.is(
      counts.queues.reduce((sum, { rx }) => sum + rx[key], 0),
      counts.rx[key],
    );
  }
  await reader.stop();
});

test('stats --watch prints a line an interval into a pipe, and ends without an error when its reader closes it', async (t) => {
  await FlowDevice.create('lines0');
  const script = '"$0" stats lines0 --watch 0.05 | head -n 2; echo "$PIPESTATUS"';
  const { stdout, stderr } = await new RunningProcess('bash', ['-c', script, RTAP]).ended();
  const [first, second, status] = stdout.split('\n');
  for (const line of [first, second])
    t.regex(
      line!,
      /^\d{4}-\d\d-\d\dT[\d:.]+[+-]\d\d:\d\d lines0 rx 0 pps, 0 bit\/s, missed 0 pps; tx 0 pps, 0 bit\/s$/,
    );
  t.deepEqual([status, stderr], ['0', '']);
});

test('stats --watch draws a table in its place on a terminal', async (t) => {
  await done('create', 'screen0', '--persist', '--up', '--queues', '2');
  const command = `stty rows 10; exec '${RTAP}' stats screen0 --watch 0.1`;
  const terminal = startOnTerminal(command, {
    env: { TERM: 'xterm', NO_COLOR: '1' },
    inputOpen: true,
  });
  await terminal.waitFor(/SHARE[\s\S]*SHARE/);
  await done('tx-inject', 'screen0', '-q', '1', '--hex', frameOf(1), '--count', '500');
  // The bar is as wide as 80 columns allow. Behind it is the history.
  await terminal.waitFor(/1 +0 pps +0 bit\/s +\S+ k?pps +\S+ [kM]?bit\/s +100% +#{4} +[█#]/);
  // The terminal turns it into SIGINT.
  terminal.write('\x03');
  const { code, stdout } = await terminal.ended();
  t.is(code, 0);
  // A title, a head and two queues are erased before each next table.
  t.true(stdout.split('\x1b[4A\x1b[J').length > 3);
});

test('stats --watch prints an error when the device is deleted or moves away, and follows a new name', async (t) => {
  await done('create', 'gone0', '--persist', '--up');
  await done('create', 'away0', '--persist', '--up');
  const [gone, away] = ['gone0', 'away0'].map((name) => start(['stats', name, '--watch', '0.05']));
  await gone!.waitFor(/gone0/);
  await away!.waitFor(/away0/);
  ip('link set gone0 down', 'link set gone0 name other0');
  await gone!.waitFor(/other0/);
  ip('link del other0');
  const deleted = await gone!.ended();
  t.deepEqual([deleted.code, deleted.stderr], [2, 'rtap: cannot watch "other0": the device was deleted\n']);
  const elsewhere = await OtherNamespace.make();
  ip(`link set away0 netns ${elsewhere.name}`);
  const moved = await away!.ended();
  t.is(moved.code, 2);
  t.regex(
    moved.stderr,
    /^rtap: cannot watch "away0": it moved to another network namespace\nhint: name its new network namespace with --netns: /,
  );
});

test('stats --watch refuses what it cannot do', async (t) => {
  await done('create', 'refuse0', '--persist');
  const rows = [
    [1, /cannot read duration "soon"/, 'refuse0', '--watch', 'soon'],
    [1, /cannot use interval "0.001"/, 'refuse0', '--watch', '0.001'],
    [1, /with option .*: use one of them/, 'refuse0', '--watch', '--reset'],
    [1, /with option .*: use one of them/, 'refuse0', '--watch', '--openmetrics'],
    [2, /cannot read "absent0": there is no such device/, 'absent0', '--watch'],
  ] as const;
  for (const [code, pattern, ...words] of rows) {
    const [status, line] = await refusal('stats', ...words);
    t.is(status, code);
    t.regex(line!, pattern);
  }
});
