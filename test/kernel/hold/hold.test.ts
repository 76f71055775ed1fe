import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { ip } from '../../netlink/iproute2.js';
import { frameOf } from '../capture.js';
import { done, json, RTAP, refusal, run, start } from '../command.js';
import { eventually } from '../deadline.js';
import { findIpLink, ipLink } from '../ip-link.js';
import { startPeer } from '../peer.js';
import { processorTicks } from '../process-state.js';
import { RunningProcess } from '../running-process.js';
import { deviceFolder, enterWorkspace, runtimeEntries } from '../workspace.js';

const workspace = enterWorkspace();

interface View {
  readonly holder: { readonly pid: number; readonly command: string } | null;
  readonly unread: readonly number[];
}

test('hold keeps a persistent device attached until it is released, and the device stays', async (t) => {
  await done('create', 'hold0', '--persist', '--up', '--queues', '3');
  const holder = start(['hold', 'hold0', '--json']);
  await holder.waitFor(/\n/);
  const { ifindex } = ipLink('hold0');
  t.deepEqual(JSON.parse(holder.stdout), { ifname: 'hold0', ifindex, queues: 3, pid: holder.pid });
  t.is(ipLink('hold0').linkinfo.info_data.numqueues, 3);
  t.like(await json<View>('show', 'hold0'), { holder: { pid: holder.pid }, unread: [0, 1, 2] });
  t.deepEqual(await run('release', 'hold0').then(({ code, stdout, stderr }) => [code, stdout, stderr]), [
    0,
    '',
    '',
  ]);
  const { code, stderr } = await holder.ended();
  t.deepEqual([code, stderr], [0, '']);
  t.like(ipLink('hold0').linkinfo.info_data, { persist: true });
  t.is(ipLink('hold0').linkinfo.info_data.numqueues ?? 0, 0);
  t.like(await json<View>('show', 'hold0'), { holder: null, unread: [] });
});

test('--detach runs in the background without standard streams, in a session of its own', async (t) => {
  const made = await run('create', 'back0', '--detach', '--queues', '2', '--up');
  t.deepEqual([made.code, made.stdout, made.stderr], [0, 'back0: ready, 2 queues\n', '']);
  await done('create', 'back1', '--persist');
  t.is((await run('hold', '--detach', 'back1')).stdout, 'back1: ready, 4 queues\n');
  for (const name of ['back0', 'back1']) {
    const { holder } = await json<View>('show', name);
    const { pid, command } = holder!;
    t.is(command, 'rtap');
    for (const fd of [0, 1, 2]) t.is(readlinkSync(`/proc/${pid}/fd/${fd}`), '/dev/null');
    t.is(readlinkSync(`/proc/${pid}/cwd`), '/');
    // proc_pid_stat(5): session, two fields behind the parent.
    const [, , , session] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    t.is(Number(session), pid);
    await done('release', name);
    await eventually(() => !existsSync(`/proc/${pid}`), 'the end of the holder');
  }
  t.is(findIpLink('back0'), undefined);
  t.truthy(findIpLink('back1'));
});

test('--detach prints the same error as a holder in the foreground', async (t) => {
  t.deepEqual(await refusal('hold', 'absent0', '--detach'), [
    2,
    'rtap: cannot hold "absent0": there is no such device',
    'hint: list the TAP devices of this network namespace: rtap list',
  ]);
  t.is((await refusal('create', 'any0', '--persist', '--detach'))[0], 1);
  t.is((await refusal('create', 'any0', '--queues', '0', '--detach'))[0], 1);
  t.is((await refusal('hold', 'any0', '--group', 'nosuchgroup'))[0], 1);
  t.is(findIpLink('any0'), undefined);
});

test('--detach works in the network namespace that --netns names', async (t) => {
  const place = new RunningProcess('unshare', ['-n', 'sh', '-c', 'echo there; exec sleep 60']);
  await place.waitFor(/there/);
  const line = `cd /proc/${place.pid}/ns && exec "$0" create far0 --netns ./net --detach`;
  const { code, stdout, stderr } = await new RunningProcess('sh', ['-c', line, RTAP]).ended();
  t.deepEqual([code, stdout, stderr], [0, 'far0: ready, 4 queues\n', '']);
  t.is(findIpLink('far0'), undefined);
  const netns = ['--netns', String(place.pid)];
  t.deepEqual((await json<View>('show', 'far0', ...netns)).unread, [0, 1, 2, 3]);
  await done('release', 'far0', ...netns);
  await place.stop('SIGKILL');
});

test('an idle holder of 128 queues takes no processor time', async (t) => {
  const holder = start(['create', 'idle0', '--queues', '128', '--up']);
  await holder.waitFor(/ready/);
  // V8 collects the garbage of the start later. One window of five without a tick is enough.
  let ticks = Number.POSITIVE_INFINITY;
  for (let windows = 0; windows < 5 && ticks > 0; windows++) {
    const before = processorTicks(holder.pid);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    ticks = processorTicks(holder.pid) - before;
  }
  t.is(ticks, 0);
  await holder.stop();
});

test('a holder follows a new name of its device, and prints it', async (t) => {
  const holder = start(['create', 'old0', '--queues', '2']);
  await holder.waitFor(/ready/);
  ip('link set old0 name new0', 'link set new0 up');
  await holder.waitFor(/^rtap: old0 was renamed to new0$/m, 'stderr');
  t.like(await json<View>('show', 'new0'), { holder: { pid: holder.pid }, unread: [0, 1] });
  const reader = start(['rx-dump', 'new0', '-q', '1']);
  await reader.waitFor(/listening/, 'stderr');
  const [code, message] = await refusal('rx-dump', 'new0', '-q', '1');
  t.deepEqual(
    [code, message],
    [2, `rtap: cannot attach to "new0": queue 1 of new0 is being read by rx-dump (pid ${reader.pid})`],
  );
  await reader.stop();
  await holder.stop();
  t.is(findIpLink('new0'), undefined);
});

test('hold notifies a service manager when it is ready, and when it ends', async (t) => {
  await done('create', 'told0', '--persist');
  const { ifindex } = ipLink('told0');
  for (const path of [join(workspace.directory, 'notify'), `@rtap-test-${process.pid}`]) {
    const manager = startPeer('notify_socket.py', [path, RTAP, 'hold', 'told0']);
    const { code, stdout, stderr } = await manager.ended();
    t.deepEqual([code, stderr], [0, '']);
    t.is(stdout, 'READY=1 MAINPID=PID\nSTOPPING=1\n');
  }
  t.false(existsSync(join(deviceFolder(workspace, ifindex), 'holder')));
});

test('a holder names its successor to the service manager before it ends', async (t) => {
  await done('create', 'heir0', '--persist');
  const words = ['--keep', join(workspace.directory, 'heir'), RTAP, 'hold', 'heir0'];
  const manager = startPeer('notify_socket.py', words);
  await manager.waitFor(/^READY=1 MAINPID=PID$/m);
  // It has no service manager, so it is the old holder that says it.
  const successor = start(['hold', 'heir0', '--take-over']);
  await successor.waitFor(/ready/);
  const { code, stdout } = await manager.ended();
  t.deepEqual([code, stdout], [0, `READY=1 MAINPID=PID\nMAINPID=${successor.pid}\n`]);
  await successor.stop();
});

test('--socket-activation serves the socket of systemd, and the first user starts the holder', async (t) => {
  await done('create', 'act0', '--persist', '--up', '--queues', '2');
  const path = join(workspace.runtime, 'act0.socket');
  const words = [
    '--seqpacket',
    '-E',
    'RTAP_RUNTIME_DIR',
    `--listen=${path}`,
    RTAP,
    'hold',
    'act0',
    '--socket-activation',
  ];
  const activation = new RunningProcess('systemd-socket-activate', words);
  await activation.waitFor(/Listening on/, 'stderr');
  // show and release start no holder.
  t.like(await json<View>('show', 'act0'), { holder: null });
  t.is((await refusal('release', 'act0'))[1], 'rtap: cannot release "act0": it has no holder');
  t.is(ipLink('act0').linkinfo.info_data.numqueues ?? 0, 0);
  const reader = start(['rx-dump', 'act0', '-q', '1']);
  await reader.waitFor(/listening/, 'stderr');
  const view = await json<View>('show', 'act0');
  t.like(view, { holder: { pid: activation.pid }, unread: [0] });
  t.is(ipLink('act0').linkinfo.info_data.numqueues, 2);
  await done('tx-inject', 'act0', '--hex', frameOf(1));
  await reader.stop();
  await done('release', 'act0');
  await activation.ended();
  const [code, message] = await refusal('hold', 'act0', '--socket-activation');
  t.deepEqual(
    [code, message],
    [
      1,
      'rtap: cannot use "--socket-activation": systemd passed no socket to this process (LISTEN_PID, LISTEN_FDS)',
    ],
  );
  const stream = join(workspace.directory, 'stream');
  const line = ['--listen', stream, '-E', 'RTAP_RUNTIME_DIR', RTAP, 'hold', 'act0', '--socket-activation'];
  const wrong = new RunningProcess('systemd-socket-activate', line);
  await wrong.waitFor(/Listening on/, 'stderr');
  const connection = connect(stream).on('error', () => {});
  const ended = await wrong.ended();
  connection.destroy();
  t.is(ended.code, 1);
  t.regex(ended.stderr, /the socket must be of SOCK_SEQPACKET \(ListenSequentialPacket=\)/);
});

test('hold accepts a single-queue device, and refuses a device that it cannot hold', async (t) => {
  ip('tuntap add dev single0 mode tap', 'link add br1 type bridge');
  t.is((await refusal('hold', 'br1'))[1], 'rtap: cannot hold "br1": it is not a TAP (bridge)');
  const single = start(['hold', 'single0']);
  await single.waitFor(/^single0: ready, 1 queue$/m);
  const only = start(['rx-dump', 'single0', '--duration', '1ms']);
  t.is((await only.ended()).code, 0);
  await single.stop();
  await done('create', 'used0', '--persist', '--up');
  const reader = start(['rx-dump', 'used0']);
  await reader.waitFor(/listening/, 'stderr');
  t.is(
    (await refusal('hold', 'used0'))[1],
    `rtap: cannot hold "used0": rx-dump (pid ${reader.pid}) has 4 queues of it attached`,
  );
  await reader.stop();
  await done('delete', 'used0');
  t.true(runtimeEntries(workspace).every((entry) => !entry.endsWith('.new')));
});

test('a holder ends with an error when its device is deleted, and leaves no files', async (t) => {
  await done('create', 'lost0', '--persist', '--queues', '2');
  const folder = deviceFolder(workspace, ipLink('lost0').ifindex);
  const holder = start(['hold', 'lost0']);
  await holder.waitFor(/ready/);
  t.true(existsSync(join(folder, 'holder')));
  ip('link del lost0');
  const { code, stderr } = await holder.ended();
  t.deepEqual([code, stderr], [2, 'rtap: cannot go on holding "lost0": the device was deleted\n']);
  t.false(existsSync(folder));
});

test('a holder follows its device to another network namespace, and prints that', async (t) => {
  const holder = start(['create', 'move0', '--up', '--queues', '2']);
  await holder.waitFor(/ready/);
  const reader = start(['rx-dump', 'move0', '-q', '1']);
  await reader.waitFor(/listening/, 'stderr');
  const place = new RunningProcess('unshare', ['-n', 'sh', '-c', 'echo there; exec sleep 60']);
  await place.waitFor(/there/);
  const there = async (...words: readonly string[]) => {
    const line = ['-t', String(place.pid), '-n', process.execPath, RTAP, ...words];
    return await new RunningProcess('nsenter', line).ended();
  };
  // Another device has the same index there, so that the kernel gives this one a new index.
  await inNamespace(place.pid, 'for number in $(seq 30); do ip link add br$number type bridge; done');
  ip(`link set move0 netns ${place.pid}`);
  await holder.waitFor(/^rtap: move0 moved to another network namespace: its holder follows it$/m, 'stderr');
  t.is(findIpLink('move0'), undefined);
  const shown = await there('show', 'move0', '--json');
  t.like(JSON.parse(shown.stdout), {
    holder: { pid: holder.pid },
    unread: [0],
    leases: [{ pid: reader.pid, queues: [1] }],
  });
  await inNamespace(place.pid, 'ip link set move0 name moved0 up');
  await holder.waitFor(/^rtap: move0 was renamed to moved0$/m, 'stderr');
  t.is((await there('rx-dump', 'moved0', '-q', '0', '--duration', '10ms')).code, 0);
  t.is((await there('rx-dump', 'moved0', '-q', '1')).code, 2);
  t.deepEqual([(await there('release', 'moved0')).code, (await holder.ended()).code], [0, 0]);
  t.is((await reader.ended()).code, 2);
  t.is((await there('list', '--json')).stdout, '[]\n');
  await place.stop('SIGKILL');
});

async function inNamespace(pid: number, script: string): Promise<void> {
  const { code, stderr } = await new RunningProcess('nsenter', [
    '-t',
    String(pid),
    '-n',
    'sh',
    '-c',
    script,
  ]).ended();
  if (code !== 0) throw new Error(stderr);
}
