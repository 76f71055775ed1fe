import test from 'ava';
import { ip } from '../../netlink/iproute2.js';
import { json, refusal, run, start } from '../command.js';
import { eventually } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import { PacketSocket, startPeer } from '../peer.js';
import { FlowDevice } from '../sent-flows.js';
import { enterWorkspace } from '../workspace.js';

enterWorkspace();

interface Line {
  readonly queue: number;
  readonly timestamp: string;
  readonly length: number;
  readonly data: string;
}

function linesOf(stdout: string): Line[] {
  return stdout
    .trimEnd()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
}

test('rx-dump -q 2 prints exactly what the kernel put into queue 2, and how much it discarded', async (t) => {
  const device = await FlowDevice.create('one0');
  const reader = start(['rx-dump', 'one0', '-q', '2', '--json']);
  await reader.waitFor(/^rx-dump: listening on one0, queue 2, link-type EN10MB \(Ethernet\)$/m, 'stderr');
  t.is(ipLink('one0').linkinfo.info_data.numqueues, 4);
  const sockets = await Promise.all([0, 1, 2, 3].map((queue) => PacketSocket.open('one0', 'out', queue)));
  await device.send(100, 2000);
  await eventually(() => ipLink('one0').stats64.tx.packets === 2000, 'the last frame');
  const { code, stdout, stderr } = await reader.stop();
  t.is(code, 0);
  const seen = await Promise.all(sockets.map((socket) => socket.close()));
  const lines = linesOf(stdout);
  t.true(seen.every((frames) => frames.length > 0));
  t.deepEqual(
    lines.map(({ data }) => data),
    seen[2]!.map(({ hex }) => hex),
  );
  t.true(lines.every(({ queue }) => queue === 2));
  const count = seen[2]!.length;
  t.regex(
    stderr,
    new RegExp(
      `\\n${count} packets captured\\n${2000 - count} packets discarded in queues 0-1,3\\n0 packets missed `,
    ),
  );
  const stats = await json<{ rx: object; queues: { rx: Record<string, number> }[] }>('stats', 'one0');
  t.like(stats.rx, { packets: 2000, bytes: 100_000, discarded: 2000 - count, missed: 0 });
  t.deepEqual(
    stats.queues.map(({ rx }) => rx.packets),
    seen.map(({ length }) => length),
  );
});

test('rx-dump reads several queues, lists and ranges of them', async (t) => {
  const device = await FlowDevice.create('some0');
  const reader = start(['rx-dump', 'some0', '-q', '0,2-3', '--json']);
  await reader.waitFor(/listening on some0, queues 0,2-3/, 'stderr');
  await device.send(60, 600);
  await eventually(() => ipLink('some0').stats64.tx.packets === 600, 'the last frame');
  const { stdout, stderr } = await reader.stop('SIGTERM');
  t.deepEqual([...new Set(linesOf(stdout).map(({ queue }) => queue))].sort(), [0, 2, 3]);
  t.regex(stderr, /\n\d+ packets discarded in queue 1\n/);
});

test('rx-dump --json has one object a line, with the keys of the manual', async (t) => {
  const device = await FlowDevice.create('json0');
  const before = Date.now() / 1000;
  const reader = start(['rx-dump', 'json0', '--json', '-c', '3']);
  await reader.waitFor(/listening on json0, queues 0-3/, 'stderr');
  await device.send(1, 3);
  const { code, stdout, stderr } = await reader.ended();
  t.is(code, 0);
  const lines = linesOf(stdout);
  t.is(lines.length, 3);
  for (const [sequence, line] of lines.entries()) {
    t.deepEqual(Object.keys(line), [
      'queue',
      'interface',
      'direction',
      'timestamp',
      'length',
      'originalLength',
      'vnet',
      'data',
    ]);
    t.regex(line.timestamp, /^\d{10}\.\d{9}$/);
    t.true(Number(line.timestamp) >= before - 1 && Number(line.timestamp) <= Date.now() / 1000 + 1);
    t.deepEqual([line.length, line.data.length], [50, 100]);
    t.is(line.data.slice(84), `00000000${sequence.toString(16).padStart(8, '0')}`);
    t.regex(line.data, /^[0-9a-f]+$/);
  }
  t.regex(
    stderr,
    /^rx-dump: listening .*\n3 packets captured\n0 packets missed \(dropped by the kernel before rtap could read them\)\n$/,
  );
});

test('rx-dump attaches one queue to a device of another program, or as many as --queues says', async (t) => {
  ip('tuntap add dev foreign0 mode tap multi_queue', 'link set foreign0 up');
  for (const [words, count] of [
    [[], 1],
    [['--queues', '3'], 3],
  ] as const) {
    const reader = start(['rx-dump', 'foreign0', ...words]);
    await reader.waitFor(/listening/, 'stderr');
    t.is(ipLink('foreign0').linkinfo.info_data.numqueues, count);
    await reader.stop();
  }
});

test('rx-dump reads a single-queue device, and one without a virtio-net header', async (t) => {
  ip('tuntap add dev single0 mode tap', 'link set single0 up', 'addr add 10.200.0.1/24 dev single0');
  ip('neigh add 10.200.0.2 lladdr 02:00:00:00:00:02 dev single0 nud permanent');
  const reader = start(['rx-dump', 'single0', '--json', '-c', '1']);
  await reader.waitFor(/listening on single0, queue 0/, 'stderr');
  await startPeer('udp_flows.py', ['10.200.0.2', 1, 1]).ended();
  const [line] = linesOf((await reader.ended()).stdout);
  t.deepEqual([line!.length, line!.data.slice(24, 28)], [50, '0800']);
  const { code, stderr } = await run('rx-dump', 'single0', '--queues', '2');
  t.is(code, 2);
  t.regex(stderr, /^rtap: cannot attach 2 queues to "single0": it is a single-queue device\n/);
});

test('rx-dump names a queue that the device does not have', async (t) => {
  await FlowDevice.create('few0');
  await FlowDevice.create('lone0', { words: ['--queues', '1'] });
  const rows = [
    ['few0', '4', 'cannot use queue 4: few0 has 4 queues (0 to 3)'],
    ['few0', '0,7-8', 'cannot use queue 7: few0 has 4 queues (0 to 3)'],
    ['lone0', '1', 'cannot use queue 1: lone0 has 1 queue (0)'],
  ] as const;
  for (const [name, queues, message] of rows) {
    const [code, said] = await refusal('rx-dump', name, '-q', queues);
    t.deepEqual([code, said], [2, `rtap: ${message}`]);
  }
  for (const queues of ['', 'x', '-1', '3-1', '1-', '1,,2', '256']) {
    t.is((await refusal('rx-dump', 'few0', `--queue=${queues}`))[0], 1, queues);
  }
});

test('rx-dump refuses absent devices, links that are no TAP, and options without a meaning', async (t) => {
  ip('link add br0 type bridge mcast_snooping 0');
  const rows = [
    [['absent0'], 2, 'cannot read "absent0": there is no such device'],
    [['br0'], 2, 'cannot read "br0": it is not a TAP (bridge)'],
    [['x0', '-c', '0'], 1, `cannot use count 0: 1 to ${Number.MAX_SAFE_INTEGER} are possible`],
    [['x0', '--duration', 'soon'], 1, 'cannot read duration "soon": wanted a form like 10s or 250ms'],
    [
      ['x0', '--json', '-w', 'x.pcap'],
      1,
      'cannot use "--json" with -w: both choose the form of the output (--print gives both)',
    ],
    [['x0', '--queues', '257'], 1, 'cannot use queue count 257: 1 to 256 are possible'],
  ] as const;
  for (const [words, code, message] of rows) {
    t.deepEqual((await refusal('rx-dump', ...words)).slice(0, 2), [code, `rtap: ${message}`]);
  }
});

test('rx-dump reads 128 queues', async (t) => {
  const device = await FlowDevice.create('wide0', { words: ['--queues', '128', '--txqueuelen', '5000'] });
  const reader = start(['rx-dump', 'wide0', '--json']);
  await reader.waitFor(/listening on wide0, queues 0-127/, 'stderr');
  t.is(ipLink('wide0').linkinfo.info_data.numqueues, 128);
  await device.send(500, 4000);
  await eventually(() => ipLink('wide0').stats64.tx.packets === 4000, 'the last frame');
  const { stdout, stderr } = await reader.stop();
  const lines = linesOf(stdout);
  t.is(lines.length, 4000, stderr);
  t.true(new Set(lines.map(({ queue }) => queue)).size > 64);
});
