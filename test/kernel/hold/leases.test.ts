import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { HolderClient } from '../../../src/tap/lease/holder-client.js';
import { adoptQueues } from '../../../src/tap/link/foreign-queues.js';
import { findTap } from '../../../src/tap/link/tap-link.js';
import { TapDevice } from '../../../src/tap/queue/tap-device.js';
import { ip } from '../../netlink/iproute2.js';
import { openedSince, openFiles } from '../../open-files.js';
import { frameOf } from '../capture.js';
import { done, json, refusal, run, start } from '../command.js';
import { eventually } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import { PacketSocket } from '../peer.js';
import type { RunningProcess } from '../running-process.js';
import { checkFlows, FlowDevice } from '../sent-flows.js';
import { deviceFolder, enterWorkspace } from '../workspace.js';

const workspace = enterWorkspace();

interface View {
  readonly holder: { readonly pid: number; readonly command: string } | null;
  readonly unread: readonly number[];
  readonly leases: readonly {
    readonly pid: number;
    readonly command: string;
    readonly queues: readonly number[];
  }[];
}

async function hold(name: string, ...words: readonly string[]): Promise<RunningProcess> {
  const holder = start(['create', name, '--up', ...words]);
  await holder.waitFor(/ready/);
  return holder;
}

async function dump(name: string, ...words: readonly string[]): Promise<RunningProcess> {
  const reader = start(['rx-dump', name, ...words]);
  await reader.waitFor(/listening/, 'stderr');
  return reader;
}

test.serial('a queue has one reader: an error names it to the next one, and show lists it', async (t) => {
  const holder = await hold('io0', '--queues', '4');
  const reader = await dump('io0', '-q', '1-2');
  const busy = (queue: number) =>
    `rtap: cannot attach to "io0": queue ${queue} of io0 is being read by rx-dump (pid ${reader.pid})`;
  t.deepEqual((await refusal('rx-dump', 'io0', '-q', '2')).slice(0, 2), [2, busy(2)]);
  t.deepEqual((await refusal('rx-dump', 'io0')).slice(0, 2), [2, busy(1)]);
  t.like(await json<View>('show', 'io0'), {
    holder: { pid: holder.pid, command: 'rtap' },
    unread: [0, 3],
    leases: [{ pid: reader.pid, command: 'rx-dump', queues: [1, 2] }],
  });
  const text = await done('show', 'io0');
  t.regex(text, new RegExp(`^held by +rtap \\(pid ${holder.pid}\\)$`, 'm'));
  t.regex(text, new RegExp(`^lent +queues 1-2 to rx-dump \\(pid ${reader.pid}\\)$`, 'm'));
  const other = await dump('io0', '-q', '0,3');
  t.deepEqual((await json<View>('show', 'io0')).unread, []);
  await reader.stop('SIGKILL');
  await other.stop();
  t.like(await json<View>('show', 'io0'), { unread: [0, 1, 2, 3], leases: [] });
  // After every kind of end the kernel has as many queues as before, and the next reader gets them.
  t.is(ipLink('io0').linkinfo.info_data.numqueues, 4);
  await (await dump('io0')).stop();
  await holder.stop();
});

test.serial('readers of single queues get each frame once; --share competes on purpose', async (t) => {
  const device = await FlowDevice.create('flow0', { words: ['--queues', '4'] });
  const holder = start(['hold', 'flow0']);
  await holder.waitFor(/^flow0: ready, 4 queues$/m);
  const paths = [0, 1, 2, 3].map((queue) => join(workspace.directory, `queue${queue}.pcap`));
  const readers = await Promise.all(
    paths.map((path, queue) => dump('flow0', '-q', String(queue), '-w', path)),
  );
  await eventually(() => ipLink('flow0').flags.includes('LOWER_UP'), 'the carrier');
  await device.send(64, 2000, 200);
  const shared = await dump('flow0', '-q', '3', '--share', '-w', join(workspace.directory, 'shared.pcap'));
  await device.send(64, 2000, 200);
  for (const reader of [...readers, shared]) t.is((await reader.stop()).code, 0);
  const checks = await Promise.all(paths.map(checkFlows));
  const competing = await checkFlows(join(workspace.directory, 'shared.pcap'));
  const total = [...checks, competing].reduce((sum, { frames }) => sum + frames, 0);
  t.is(total, 4000);
  t.true(checks.every(({ frames, strange }) => frames > 0 && strange === 0));
  t.true(competing.frames > 0);
  await holder.stop();
  t.is(ipLink('flow0').linkinfo.info_data.numqueues ?? 0, 0);
});

test.serial(
  'tx-inject sends into the queue with the number of the holder, and takes no frame from a reader',
  async (t) => {
    const device = await FlowDevice.create('beside0', { words: ['--queues', '4'] });
    const holder = start(['hold', 'beside0']);
    await holder.waitFor(/ready/);
    const path = join(workspace.directory, 'beside.pcap');
    const reader = await dump('beside0', '-w', path);
    await eventually(() => ipLink('beside0').flags.includes('LOWER_UP'), 'the carrier');
    const sockets = await Promise.all(
      [1, 2, 3, 4].map((number) => PacketSocket.open('beside0', 'in', number)),
    );
    const sender = device.startSending(64, 5000, 500);
    for (let queue = 0; queue < 4; queue++)
      await done('tx-inject', 'beside0', '-q', String(queue), '--hex', frameOf(queue));
    t.is((await sender.ended()).code, 0);
    await reader.stop();
    t.like(await checkFlows(path), { frames: 5000, twice: 0, reordered: 0, strange: 0 });
    for (const [queue, socket] of sockets.entries())
      t.deepEqual(
        (await socket.close()).map(({ hex }) => hex),
        [frameOf(queue)],
      );
    await holder.stop();
  },
);

test.serial(
  'rx-dump discards frames that waited before its lease and prints their number; --backlog keeps them',
  async (t) => {
    const device = await FlowDevice.create('wait0', { words: ['--queues', '2'] });
    const holder = start(['hold', 'wait0']);
    await holder.waitFor(/ready/);
    await eventually(() => ipLink('wait0').flags.includes('LOWER_UP'), 'the carrier');
    await device.send(16, 100);
    const fresh = await dump('wait0');
    t.regex(
      fresh.stderr,
      /^rx-dump: 100 waiting packets discarded \(--backlog keeps them\)\nrx-dump: listening/,
    );
    t.regex((await fresh.stop()).stderr, /^0 packets captured$/m);
    await device.send(16, 50);
    const kept = await dump('wait0', '--backlog', '-c', '50', '--count');
    t.is((await kept.ended()).stdout, '50 packets\n');
    t.notRegex(kept.stderr, /discarded/);
    const { queues } = await json<{ queues: { rx: { packets: number; discarded: number } }[] }>(
      'stats',
      'wait0',
    );
    const sum = (key: 'packets' | 'discarded') => queues.reduce((all, { rx }) => all + rx[key], 0);
    t.deepEqual([sum('packets'), sum('discarded')], [150, 100]);
    await holder.stop();
  },
);

test.serial('a client leases 128 queues in one exchange, by number, and returns them', async (t) => {
  const holder = await hold('wide0', '--queues', '128');
  const before = openFiles();
  {
    using device = TapDevice.open('wide0', { command: 'the test' });
    t.deepEqual(
      device.queues.map(({ number }) => number),
      Array.from({ length: 128 }, (_, number) => number),
    );
    t.is(ipLink('wide0').linkinfo.info_data.numqueues, 128);
    t.deepEqual((await json<View>('show', 'wide0')).leases[0]?.command, 'the test');
    t.throws(() => TapDevice.open('wide0', { queueNumbers: [127] }), {
      message: `cannot attach to "wide0": queue 127 of wide0 is being read by the test (pid ${process.pid})`,
    });
  }
  t.deepEqual(openedSince(before), []);
  const users = Array.from({ length: 128 }, (_, number) =>
    TapDevice.open('wide0', { queueNumbers: [number], burstFrames: 1 }),
  );
  const view = await json<View>('show', 'wide0');
  t.deepEqual([view.leases.length, view.unread], [128, []]);
  t.true(view.leases.every(({ queues }, index) => queues.length === 1 && queues[0] === index));
  for (const user of users) user[Symbol.dispose]();
  t.deepEqual((await json<View>('show', 'wide0')).leases, []);
  t.is(ipLink('wide0').linkinfo.info_data.numqueues, 128);
  t.is(readdirSync(`/proc/${holder.pid}/fd`).length < 200, true);
  await holder.stop();
});

test.serial('the holder carries out persist and offload on its own descriptors', async (t) => {
  const holder = await hold('set0', '--queues', '2');
  const changes = [
    await run('offload', 'set0', 'csum'),
    await run('persist', 'set0', 'on'),
    await run('offload', 'set0', 'csum,tso,uso'),
  ];
  for (const { code, stderr } of changes) t.deepEqual([code, stderr], [0, '']);
  t.is(await done('offload', 'set0'), 'csum,tso4,tso6,uso\n');
  t.true(ipLink('set0').linkinfo.info_data.persist);
  await holder.stop();
  t.true(ipLink('set0').linkinfo.info_data.persist, 'the holder knows that it stays');
  await done('delete', 'set0');
});

test.serial('a killed holder does not hinder the next one', async (t) => {
  await done('create', 'dead0', '--persist', '--up', '--queues', '2');
  const first = start(['hold', 'dead0']);
  await first.waitFor(/ready/);
  const reader = await dump('dead0', '-q', '0');
  using client = HolderClient.find(findTap('dead0', 'try'), 'try')!;
  await first.stop('SIGKILL');
  t.is(
    t.throws(() => client.lease([1], { share: false, command: 'x' })).message,
    'cannot attach to "dead0": its holder has ended',
  );
  t.true(reader.running, 'its users go on');
  const { ifindex } = ipLink('dead0');
  t.true(readdirSync(deviceFolder(workspace, ifindex)).includes('holder'));
  t.like(await json<View>('show', 'dead0'), {
    holder: null,
    attached: [{ pid: reader.pid, command: 'rx-dump' }],
    leases: [],
  });
  const [code, message] = await refusal('hold', 'dead0');
  t.deepEqual(
    [code, message],
    [
      2,
      `rtap: cannot hold "dead0": its holder has ended, but rx-dump (pid ${reader.pid}) still has a queue of it attached`,
    ],
  );
  await reader.stop('SIGKILL');
  await eventually(() => (ipLink('dead0').linkinfo.info_data.numqueues ?? 0) === 0, 'the queue to go');
  t.like(await json<View>('show', 'dead0'), { holder: null, attached: [], leases: [] });
  await done('tx-inject', 'dead0', '--hex', frameOf(1));
  const second = start(['hold', 'dead0']);
  await second.waitFor(/ready/);
  await (await dump('dead0')).stop();
  t.deepEqual(await refusal('hold', 'dead0'), [
    2,
    `rtap: cannot hold "dead0": it has a holder already, rtap (pid ${second.pid})`,
    'hint: take over from it: rtap hold dead0 --take-over; or end it: rtap release dead0',
  ]);
  await second.stop();
  t.false(readdirSync(deviceFolder(workspace, ifindex)).includes('holder'));
});

test.serial('commands name a stopped holder, and do not wait for it', async (t) => {
  const holder = await hold('stop0', '--queues', '2');
  const reader = await dump('stop0', '-q', '0');
  using client = HolderClient.find(findTap('stop0', 'try'), 'try')!;
  holder.signal('SIGSTOP');
  const error = t.throws(() => client.lease([0], { share: false, command: 'x' }));
  t.is(error.message, `cannot attach to "stop0": its holder, rtap (pid ${holder.pid}), is stopped`);
  const hint = `hint: let it continue: kill -CONT ${holder.pid}`;
  t.is((await refusal('release', 'stop0'))[2], hint);
  const reason = `its holder, rtap (pid ${holder.pid}), is stopped`;
  t.deepEqual(await refusal('hold', 'stop0'), [2, `rtap: cannot hold "stop0": ${reason}`, hint]);
  t.deepEqual((await refusal('create', 'stop0', '--exist-ok')).slice(1), [
    `rtap: cannot hold "stop0": ${reason}`,
    hint,
  ]);
  // show still names the holder and the readers, but not what the holder has lent.
  t.like(await json<View>('show', 'stop0'), {
    holder: { pid: holder.pid },
    attached: [{ pid: reader.pid, command: 'rx-dump' }],
    unread: null,
    leases: null,
  });
  t.regex(
    await done('show', 'stop0'),
    new RegExp(`^held by +rtap \\(pid ${holder.pid}\\), which is stopped: `, 'm'),
  );
  holder.signal('SIGCONT');
  t.like(await json<View>('show', 'stop0'), { unread: [1], leases: [{ pid: reader.pid }] });
  await (await dump('stop0', '-q', '1')).stop();
  await reader.stop();
  await holder.stop();
});

test.serial('a device that is not persistent goes with its holder, and its users end', async (t) => {
  const holder = await hold('gone0', '--queues', '2');
  const reader = await dump('gone0');
  await done('release', 'gone0');
  t.is((await holder.ended()).code, 0);
  const { code, stderr } = await reader.ended();
  t.is(code, 2);
  t.regex(stderr, /cannot go on reading "gone0": the device was deleted/);
  t.deepEqual(await refusal('release', 'gone0'), [
    2,
    'rtap: cannot release "gone0": there is no such device',
    'hint: list the TAP devices of this network namespace: rtap list',
  ]);
});

test.serial('a client accepts the queues of a device that was renamed meanwhile', async (t) => {
  const holder = await hold('before0', '--queues', '2');
  const other = await hold('other0', '--queues', '1');
  const link = findTap('before0', 'try');
  ip('link set before0 name after0');
  using client = HolderClient.find(link, 'try')!;
  const [descriptor] = client.lease([1], { share: false, command: 'x' }).descriptors;
  const other0 = findTap('other0', 'try');
  t.throws(() => adoptQueues([descriptor!], other0, { action: 'try', object: 'other0' }), {
    message: 'cannot try "other0": its holder lends queues of "after0"',
  });
  const [tap] = adoptQueues([descriptor!], link, { action: 'try', object: 'before0' });
  t.is(tap!.deviceName, 'after0');
  tap![Symbol.dispose]();
  await holder.stop();
  await other.stop();
});
