import { join } from 'node:path';
import test from 'ava';
import { ip } from '../../netlink/iproute2.js';
import { frameOf } from '../capture.js';
import { done, json, RTAP, refusal, run, start } from '../command.js';
import { eventually } from '../deadline.js';
import { type IpLink, ipLink } from '../ip-link.js';
import { RunningProcess } from '../running-process.js';
import { FlowDevice } from '../sent-flows.js';
import { startUnprivileged, unprivileged } from '../unprivileged.js';
import { deviceFolder, enterWorkspace } from '../workspace.js';

const workspace = enterWorkspace();

interface Statistics {
  readonly ifname: string;
  readonly ifindex: number;
  readonly since?: string;
  readonly rx: Readonly<Record<string, number>>;
  readonly tx: Readonly<Record<string, number>>;
  readonly queues: readonly {
    readonly queue: number;
    readonly rx: Readonly<Record<string, number>>;
    readonly tx: Readonly<Record<string, number>>;
  }[];
  readonly stats64: IpLink['stats64'];
}

/** Lets `rtap rx-dump` take `count` frames of one flow. SIGKILL ends it before it can report. */
async function dump(
  device: FlowDevice,
  count: number,
  signal: 'SIGINT' | 'SIGKILL' = 'SIGINT',
): Promise<void> {
  const reader = start(['rx-dump', device.name]);
  await reader.waitFor(/listening/, 'stderr');
  await device.send(1, count);
  await reader.waitFor(new RegExp(`(.*\\n){${count}}`));
  await reader.stop(signal);
}

test('stats --json has the keys of the manual, and the counters of ip in stats64', async (t) => {
  const device = await FlowDevice.create('keys0');
  await dump(device, 10);
  await done('tx-inject', 'keys0', '-q', '3', '--hex', frameOf(1), '--hex', frameOf(2, 100));
  const statistics = await json<Statistics>('stats', 'keys0');
  t.deepEqual(Object.keys(statistics), [
    ...['ifname', 'ifindex', 'rx', 'tx', 'queues', 'unread', 'stats64', 'qdisc'],
  ]);
  t.deepEqual(statistics.rx, { packets: 10, bytes: 500, errors: 0, discarded: 0, missed: 0 });
  t.deepEqual(statistics.tx, { packets: 2, bytes: 160, errors: 0 });
  t.deepEqual(
    statistics.queues.map((queue) => Object.keys(queue)),
    Array(4).fill(['queue', 'rx', 'tx']),
  );
  t.deepEqual(
    statistics.queues.map(({ queue }) => queue),
    [0, 1, 2, 3],
  );
  t.deepEqual(statistics.queues[3]!.tx, { packets: 2, bytes: 160, errors: 0 });
  for (const { rx } of statistics.queues)
    t.deepEqual(Object.keys(rx), ['packets', 'bytes', 'errors', 'discarded']);
  t.is(
    statistics.queues.reduce((sum, { rx }) => sum + rx.packets!, 0),
    10,
  );
  const link = ipLink('keys0');
  t.deepEqual([statistics.ifname, statistics.ifindex], ['keys0', link.ifindex]);
  t.deepEqual(statistics.stats64, link.stats64);
});

test('stats prints both views, and a row for each queue with --per-queue', async (t) => {
  const device = await FlowDevice.create('text0', { words: ['--queues', '2'] });
  await dump(device, 3);
  const rows = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => line.trim().split(/ {2,}| (?=\d)/));
  const plain = rows(await done('stats', 'text0'));
  t.deepEqual(plain, [
    ['text0'],
    ['PACKETS', 'BYTES', 'ERRORS', 'DISCARDED', 'MISSED', 'DROPPED'],
    ['rtap rx (received by rtap)', '3', '150', '0', '0', '0'],
    ['rtap tx (sent by rtap)', '0', '0', '0'],
    ['kernel tx (= rtap rx)', '3', '150', '0', '0'],
    ['kernel rx (= rtap tx)', '0', '0', '0', '0'],
  ]);
  const perQueue = rows(await done('stats', 'text0', '--per-queue'));
  t.deepEqual(perQueue.slice(0, 6), plain);
  t.is(perQueue[6]![0], 'QUEUE');
  t.deepEqual(
    perQueue.slice(7).map(([queue]) => queue),
    ['0', '1'],
  );
});

test('stats shows what the kernel dropped of what was sent, as ip does', async (t) => {
  await done('create', 'drop0', '--persist', '--up');
  // The kernel handles no such protocol.
  await done('tx-inject', 'drop0', '--hex', `ffffffffffff02000000000199aa${'00'.repeat(46)}`);
  t.is(ipLink('drop0').stats64.rx.dropped, 1);
  t.regex(await done('stats', 'drop0'), /^kernel rx \(= rtap tx\) +1 +60 +0 +1$/m);
});

test('stats has a row for every queue of a device that was not used yet', async (t) => {
  await done('create', 'fresh0', '--persist', '--queues', '3');
  const { queues, rx } = await json<Statistics>('stats', 'fresh0');
  t.is(queues.length, 3);
  t.deepEqual(rx, { packets: 0, bytes: 0, errors: 0, discarded: 0, missed: 0 });
});

test('stats --reset sets the counts to 0, and does not change those of the kernel', async (t) => {
  const device = await FlowDevice.create('reset0', { words: ['--queues', '1', '--txqueuelen', '10'] });
  const holder = start(['create', 'reset0', '--exist-ok']);
  await holder.waitFor(/ready/);
  await device.send(1, 30);
  await holder.stop();
  await dump(device, 5);
  t.like(await json('stats', 'reset0'), { rx: { packets: 5, missed: 20 } });
  t.is(await done('stats', 'reset0', '--reset'), '');
  const zero = await json<Statistics>('stats', 'reset0');
  t.like(zero, { rx: { packets: 0, bytes: 0, missed: 0 }, tx: { packets: 0 } });
  t.true(Object.values({ ...zero.stats64.rx, ...zero.stats64.tx }).every((value) => value === 0));
  t.is(ipLink('reset0').stats64.tx.dropped, 20);
  t.regex(zero.since!, /^\d{4}-\d\d-\d\dT/);
  t.regex(await done('stats', 'reset0'), /^reset0 since \d{4}-\d\d-\d\dT[\d:.]+[+-]\d\d:\d\d\n/);
  await dump(device, 2);
  t.like(await json('stats', 'reset0'), { rx: { packets: 2, bytes: 100 }, stats64: { tx: { packets: 2 } } });
  // The frames in the queue went with the holder. The kernel counts a frame when it is read.
  t.is(ipLink('reset0').stats64.tx.packets, 7);
});

test('stats counts on across processes, also those that were killed', async (t) => {
  const device = await FlowDevice.create('across0');
  await dump(device, 4);
  await dump(device, 5, 'SIGKILL');
  t.like(await json('stats', 'across0'), { rx: { packets: 9, bytes: 450 } });
  await dump(device, 6);
  await dump(device, 7, 'SIGKILL');
  await dump(device, 8, 'SIGKILL');
  t.like(await json('stats', 'across0'), { rx: { packets: 30, bytes: 1500 } });
  t.like(ipLink('across0').stats64.tx, { packets: 30, bytes: 1500 });
});

test('stats counts while the processes count', async (t) => {
  const device = await FlowDevice.create('live0');
  const reader = start(['rx-dump', 'live0']);
  await reader.waitFor(/listening/, 'stderr');
  await device.send(3, 50);
  await reader.waitFor(/(.*\n){50}/);
  t.like(await json('stats', 'live0'), { rx: { packets: 50 } });
  reader.signal('SIGSTOP');
  t.like(await json('stats', 'live0'), { rx: { packets: 50 } });
  reader.signal('SIGCONT');
  await reader.stop();
});

test('stats loses nothing when several processes write at once', async (t) => {
  await FlowDevice.create('writers0');
  const words = ['tx-inject', 'writers0', '-q', '1', '--hex', frameOf(1), '--count', '20000'];
  const outcomes = await Promise.all([1, 2, 3].map(() => start(words).ended()));
  for (const { code, stderr } of outcomes) t.is(code, 0, stderr);
  const { tx, queues } = await json<Statistics>('stats', 'writers0');
  t.like(tx, { packets: 60_000, bytes: 3_600_000, errors: 0 });
  t.is(queues[1]!.tx.packets, 60_000);
  t.is(ipLink('writers0').stats64.rx.packets, 60_000);
});

test('any user can read stats', async (t) => {
  const device = await FlowDevice.create('anybody0');
  await dump(device, 3);
  const reader = start(['rx-dump', 'anybody0']);
  await reader.waitFor(/listening/, 'stderr');
  await device.send(1, 2);
  await reader.waitFor(/(.*\n){2}/);
  const { code, stdout, stderr } = await unprivileged('stats', 'anybody0', '--json');
  t.is(code, 0, stderr);
  t.like(JSON.parse(stdout), { rx: { packets: 5 } });
  await reader.stop();
});

test('any user can read stats when the umask of root is 077', async (t) => {
  const script = `umask 077; export RTAP_RUNTIME_DIR="$1"; "$0" create umask0 --persist --queues 3 &&
    "$0" rx-dump umask0 --duration 0`;
  const runtime = join(workspace.directory, 'umask', 'run');
  const made = await new RunningProcess('sh', ['-c', script, RTAP, runtime]).ended();
  t.is(made.code, 0, made.stderr);
  const { code, stdout, stderr } = await startUnprivileged(['stats', 'umask0', '--json'], {
    RTAP_RUNTIME_DIR: runtime,
  }).ended();
  t.is(code, 0, stderr);
  t.is((JSON.parse(stdout) as Statistics).queues.length, 3);
});

test('stats counts what the owner without root reads and sends', async (t) => {
  const device = await FlowDevice.create('owner0', { words: ['--owner', 'nobody'] });
  const reader = startUnprivileged(['rx-dump', 'owner0', '-c', '4']);
  await reader.waitFor(/listening/, 'stderr');
  await device.send(2, 4);
  const read = await reader.ended();
  t.is(read.code, 0, read.stderr);
  const sent = await unprivileged('tx-inject', 'owner0', '--hex', frameOf(1));
  t.is(sent.code, 0, sent.stderr);
  t.like(await json('stats', 'owner0'), { rx: { packets: 4 }, tx: { packets: 1 } });
  const reset = await unprivileged('stats', 'owner0', '--reset');
  t.is(reset.code, 0, reset.stderr);
  t.like(await json('stats', 'owner0'), { rx: { packets: 0 }, tx: { packets: 0 } });
});

test('stats --reset is refused to a user without the right', async (t) => {
  const device = await FlowDevice.create('keep0');
  await dump(device, 2);
  const { code, stderr } = await unprivileged('stats', 'keep0', '--reset');
  t.is(code, 2);
  t.deepEqual(stderr.trimEnd().split('\n'), [
    `rtap: cannot reset "keep0": "${deviceFolder(workspace, ipLink('keep0').ifindex)}" cannot be written: access failed with EACCES (permission denied)`,
    "hint: run as root, or as the device's owner",
  ]);
  t.like(await json('stats', 'keep0'), { rx: { packets: 2 } });
});

test('stats counts what the kernel dropped as missed', async (t) => {
  const device = await FlowDevice.create('missed0', { words: ['--queues', '1', '--txqueuelen', '100'] });
  const holder = start(['create', 'missed0', '--exist-ok']);
  await holder.waitFor(/ready/);
  await device.send(1, 350);
  await eventually(() => ipLink('missed0').stats64.tx.dropped === 250, '250 drops');
  t.like(await json('stats', 'missed0'), {
    rx: { packets: 0, missed: 250 },
    stats64: { tx: { dropped: 250 } },
  });
  t.regex(await done('stats', 'missed0'), /^rtap rx \(received by rtap\) +0 +0 +0 +0 +250$/m);
  await holder.stop();
});

test('stats shows the counters of the kernel for a device of another program', async (t) => {
  ip('tuntap add dev foreign0 mode tap');
  const statistics = await json<Statistics>('stats', 'foreign0');
  t.like(statistics, { rx: { packets: 0 }, queues: [] });
  t.deepEqual(statistics.stats64, ipLink('foreign0').stats64);
});

test('stats refuses absent devices, and links that are no TAP', async (t) => {
  ip('link add br0 type bridge');
  for (const words of [[], ['--reset'], ['--json', '--per-queue']]) {
    t.regex(
      (await run('stats', 'absent0', ...words)).stderr,
      /^rtap: cannot \w+ "absent0": there is no such device\nhint: /,
    );
    t.is((await refusal('stats', 'br0', ...words))[0], 2);
  }
});
