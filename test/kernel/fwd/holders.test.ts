import test from 'ava';
import { readStatistics } from '../../../src/tap/counters/device-statistics.js';
import { json, refusal, start } from '../command.js';
import { eventually } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import type { RunningProcess } from '../running-process.js';
import { FlowDevice } from '../sent-flows.js';
import { enterWorkspace } from '../workspace.js';
import { reportIn, startForwarder } from './forwarder.js';

enterWorkspace();

const FLOWS = 64;
const ROOM = ['--txqueuelen', '5000'];

interface View {
  readonly holder: { readonly pid: number } | null;
  readonly leases: readonly { readonly pid: number; readonly command: string; readonly queues: number[] }[];
}

async function hold(name: string, ...words: readonly string[]): Promise<RunningProcess> {
  const holder = start(['hold', name, ...words]);
  await holder.waitFor(/ready/);
  await eventually(() => ipLink(name).flags.includes('LOWER_UP'), 'the carrier');
  return holder;
}

test.serial('fwd borrows the queues that -q names from two holders, and returns them', async (t) => {
  const device = await FlowDevice.create('lenta', { words: ['--queues', '4', ...ROOM] });
  await FlowDevice.create('lentb', { words: ['--queues', '4', ...ROOM] });
  const holders = [await hold('lenta'), await hold('lentb')];
  const forwarder = await startForwarder(['lenta', 'lentb', '-q', '1,3', '--threads', '2', '--json']);
  t.is(forwarder.stderr, 'fwd: lenta queues 1,3 <-> lentb queues 1,3, 2 threads\n');
  t.like(await json<View>('show', 'lenta'), {
    leases: [{ pid: forwarder.pid, command: 'fwd', queues: [1, 3] }],
    unread: [0, 2],
  });
  t.is(
    (await refusal('rx-dump', 'lentb', '-q', '3'))[1],
    `rtap: cannot attach to "lentb": queue 3 of lentb is being read by fwd (pid ${forwarder.pid})`,
  );
  await device.send(FLOWS, 1000);
  // The kernel counts the frames that were read. The others wait in the holder's queues.
  let carried = -1;
  await eventually(() => {
    const before = carried;
    carried = readStatistics('lentb').total.txPackets;
    return carried > 0 && before === carried && ipLink('lenta').stats64.tx.packets === carried;
  }, 'the frames of two queues');
  const { code, stdout, stderr } = await forwarder.stop();
  t.is(code, 0, stderr);
  const [out] = reportIn(stdout).directions;
  t.deepEqual(
    out.queues.map(({ from, to }) => [from, to]),
    [
      [1, 1],
      [3, 3],
    ],
  );
  t.true(out.queues.every(({ sent }) => sent > 0));
  t.true(out.sent < 1000);
  t.like(await json<View>('show', 'lenta'), { leases: [], unread: [0, 1, 2, 3] });
  t.is(ipLink('lentb').linkinfo.info_data.numqueues, 4);
  for (const holder of holders) t.is((await holder.stop()).code, 0);
});

test.serial('fwd names the queues without a reader when packets were missed', async (t) => {
  const device = await FlowDevice.create('idlea', { words: ['--queues', '4', '--txqueuelen', '5'] });
  await FlowDevice.create('idleb', { words: ['--queues', '4', ...ROOM] });
  const holders = [await hold('idlea'), await hold('idleb')];
  const forwarder = await startForwarder(['idlea', 'idleb', '-q', '1,3']);
  await device.send(FLOWS, 1000);
  const { dropped } = ipLink('idlea').stats64.tx;
  t.true(dropped > 0);
  const { stderr } = await forwarder.stop();
  const line = `^idlea -> idleb: .*, ${dropped} missed on idlea; queues 0,2 have no reader$`;
  t.regex(stderr, new RegExp(line, 'm'));
  t.notRegex(stderr, /longer queue/);
  for (const holder of holders) await holder.stop();
});

test.serial(
  "fwd discards the frames that waited in a holder's queues and prints their number; --backlog forwards them",
  async (t) => {
    const device = await FlowDevice.create('waita', { words: ['--queues', '2', ...ROOM] });
    await FlowDevice.create('waitb', { words: ['--queues', '2', ...ROOM] });
    const holder = await hold('waita');
    await device.send(FLOWS, 300);
    const fresh = await startForwarder(['waita', 'waitb', '--threads', '2']);
    // fwd forwards from here on: none of these frames waited before.
    await device.send(FLOWS, 200);
    await eventually(() => readStatistics('waitb').total.txPackets === 200, 'the frames');
    const { code, stderr } = await fresh.stop();
    t.is(code, 0);
    t.regex(stderr, /^waita -> waitb: 200 packets \(10000 bytes\), 0 missed/m);
    t.regex(stderr, /^ {2}300 waiting packets of waita discarded \(--backlog forwards them\)$/m);
    t.notRegex(stderr, /waited in waitb/);
    await device.send(FLOWS, 100);
    const kept = await startForwarder(['waita', 'waitb', '--backlog', '-c', '100', '--json']);
    const outcome = await kept.ended();
    t.like(reportIn(outcome.stdout).directions[0], { received: 100, sent: 100, discarded: 0 });
    await holder.stop();
  },
);

test.serial('fwd goes on through a take-over, and ends when a device goes with its holder', async (t) => {
  const device = await FlowDevice.create('keepa', { words: ['--queues', '2', ...ROOM] });
  const [own] = [start(['create', 'keepb', '--up', '--queues', '2'])];
  await own.waitFor(/ready/);
  const first = await hold('keepa');
  const forwarder = await startForwarder(['keepa', 'keepb', '--threads', '2', '--json']);
  await device.send(FLOWS, 500);
  const second = await hold('keepa', '--take-over');
  t.is((await first.ended()).code, 0);
  t.like(await json<View>('show', 'keepa'), {
    holder: { pid: second.pid },
    leases: [{ pid: forwarder.pid, queues: [0, 1] }],
  });
  await device.send(FLOWS, 500);
  await eventually(() => readStatistics('keepb').total.txPackets === 1000, 'the frames');
  t.is((await own.stop()).code, 0);
  const { code, stdout, stderr } = await forwarder.ended();
  t.is(code, 2);
  t.regex(stderr, /rtap: cannot go on forwarding "keepb": the device was deleted\n$/);
  t.like(reportIn(stdout).directions[0], { received: 1000, sent: 1000, missed: 0 });
  await second.stop();
});

test.serial('fwd --share competes with another reader of a device', async (t) => {
  const device = await FlowDevice.create('sharea', { words: ['--queues', '2', ...ROOM] });
  await FlowDevice.create('shareb', { words: ['--queues', '2', ...ROOM] });
  const reader = start(['rx-dump', 'sharea', '--count']);
  await reader.waitFor(/listening/, 'stderr');
  const forwarder = await startForwarder(['sharea', 'shareb', '--share', '--json']);
  await device.send(200, 1000);
  await eventually(() => ipLink('sharea').stats64.tx.packets === 1000, 'the frames');
  const { directions } = reportIn((await forwarder.stop()).stdout);
  const counted = Number(/^(\d+) packet/.exec((await reader.stop()).stdout)![1]);
  t.is(directions[0].sent + counted, 1000);
  t.true(directions[0].sent > 0 && counted > 0);
});
