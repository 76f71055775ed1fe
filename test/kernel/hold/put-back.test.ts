import { join } from 'node:path';
import test from 'ava';
import { done, start } from '../command.js';
import { eventually } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import { deviceFolder, enterWorkspace } from '../workspace.js';
import { BorrowedDevice, ChangingBorrower } from './borrowed-device.js';
import { endsOfBorrowers } from './borrower-ends.js';
import { eventuallyShown, ready } from './ready-holder.js';

const workspace = enterWorkspace();

const UNCHANGED = {
  detached: [],
  blocking: [],
  headerBytes: 10,
  offloads: ['csum', 'tso4', 'tso6', 'ecn'] as const,
};

const socketOf = (name: string) => join(deviceFolder(workspace, ipLink(name).ifindex), 'holder');
const untilLeases = (name: string, count: number) =>
  eventuallyShown(name, ({ leases }) => leases.length === count);

test.serial('a holder puts back everything that a killed borrower has changed', async (t) => {
  await done('create', 'io0', '--persist', '--up', '--queues', '3');
  const holder = await ready('hold', 'io0');
  const monitor = start(['monitor', 'io0', '--json']);
  await monitor.waitFor(/watching/, 'stderr');
  const device = await BorrowedDevice.open('io0');
  t.deepEqual(device.state, UNCHANGED);
  t.deepEqual(await device.indexes(), [0, 1, 2]);
  const borrower = await ChangingBorrower.start(socketOf('io0'), [0, 1]);
  await borrower.do('detach 0', 'attach 0', 'detach 1', 'offloads 0', 'block 0');
  t.deepEqual(device.state, { ...UNCHANGED, detached: [1], blocking: [0], offloads: [] });
  await borrower.do('header 12');
  t.is(device.state.headerBytes, 12);
  await borrower.process.stop('SIGKILL');
  await untilLeases('io0', 0);
  t.deepEqual(device.state, UNCHANGED);
  t.deepEqual(await device.indexes(), [0, 1, 2]);
  const pid = borrower.process.pid;
  await holder.waitFor(
    new RegExp(
      `^rtap: put back after a changer \\(pid ${pid}\\): queue 1 attached, queue 0 non-blocking, header 10 bytes, offloads csum tso4 tso6 ecn, order of the queues$`,
      'm',
    ),
    'stderr',
  );
  const [line] = await monitor.waitFor(/^.*"event":"restored".*$/m);
  t.like(JSON.parse(line), {
    ifname: 'io0',
    new: {
      borrower: { pid, command: 'a changer' },
      attached: [1],
      nonblocking: [0],
      header: 10,
      offloads: UNCHANGED.offloads,
      order: true,
    },
  });
  await monitor.stop();
  await device.close();
  await holder.stop();
});

test.serial(
  'show names disabled queues, and translates the indices of the kernel while they differ',
  async (t) => {
    await done('create', 'show0', '--persist', '--up', '--queues', '3');
    const holder = await ready('hold', 'show0');
    const device = await BorrowedDevice.open('show0');
    const borrower = await ChangingBorrower.start(socketOf('show0'), [0, 1]);
    t.like(await eventuallyShown('show0'), { disabled: [], kernel_queues: [0, 1, 2] });
    await borrower.do('detach 0');
    const disabled = await eventuallyShown('show0', ({ disabled: [queue] }) => queue === 0);
    t.like(disabled, { disabled: [0], kernel_queues: [null, 1, 0] });
    t.regex(await done('show', 'show0'), /^disabled +0: detached by a borrower; no frames arrive there$/m);
    await borrower.do('attach 0');
    const moved = await eventuallyShown('show0', (view) => view.disabled.length === 0);
    t.deepEqual(moved.kernel_queues, [2, 1, 0]);
    t.deepEqual(await device.indexes(), [2, 1, 0]);
    t.regex(await done('show', 'show0'), /^kernel +queue 0 is 2, queue 2 is 0$/m);
    await borrower.process.stop('SIGTERM');
    t.deepEqual((await untilLeases('show0', 0)).kernel_queues, [0, 1, 2]);
    await device.close();
    await holder.stop();
  },
);

test.serial('a holder leaves what another borrower needs, until that one ends too', async (t) => {
  await done('create', 'two0', '--persist', '--up', '--queues', '4');
  const holder = await ready('hold', 'two0');
  const device = await BorrowedDevice.open('two0');
  const first = await ChangingBorrower.start(socketOf('two0'), [0]);
  await first.do('header 12', 'offloads 0', 'block 0');
  const second = await ChangingBorrower.start(socketOf('two0'), [2, 3]);
  await second.do('detach 1', 'block 0');
  await first.process.stop('SIGKILL');
  await untilLeases('two0', 1);
  t.deepEqual(device.state, { detached: [3], blocking: [2], headerBytes: 12, offloads: [] });
  await second.process.stop('SIGKILL');
  await untilLeases('two0', 0);
  t.deepEqual(device.state, UNCHANGED);
  t.deepEqual(await device.indexes(), [0, 1, 2, 3]);
  await device.close();
  await holder.stop();
});

test.serial("rtap's own readers keep nothing from being put back, and lose no frame by it", async (t) => {
  await done('create', 'read0', '--persist', '--up', '--queues', '4');
  const holder = await ready('hold', 'read0');
  const device = await BorrowedDevice.open('read0');
  const reader = start(['rx-dump', 'read0', '-q', '1']);
  await reader.waitFor(/listening/, 'stderr');
  const borrower = await ChangingBorrower.start(socketOf('read0'), [0]);
  await borrower.do('detach 0', 'offloads 0');
  // So that the holder sees each change.
  await eventuallyShown('read0', ({ disabled }) => disabled.length === 1);
  await borrower.do('attach 0');
  t.deepEqual(await device.indexes(), [3, 1, 2, 0]);
  await borrower.process.stop('SIGKILL');
  await untilLeases('read0', 1);
  t.deepEqual(device.state, UNCHANGED);
  t.deepEqual(await device.indexes(), [0, 1, 2, 3], 'queue 1 was not touched for that');
  await reader.stop();
  await device.close();
  await holder.stop();
});

test.serial('the order stays as it is while that would cost a reader frames', async (t) => {
  await done('create', 'wait0', '--persist', '--up', '--queues', '3');
  const holder = await ready('hold', 'wait0');
  const device = await BorrowedDevice.open('wait0');
  const reader = start(['rx-dump', 'wait0', '-q', '2']);
  await reader.waitFor(/listening/, 'stderr');
  const borrower = await ChangingBorrower.start(socketOf('wait0'), [0]);
  await borrower.do('detach 0');
  await eventuallyShown('wait0', ({ disabled }) => disabled.length === 1);
  await borrower.do('attach 0');
  await borrower.process.stop('SIGKILL');
  const view = await untilLeases('wait0', 1);
  t.deepEqual(view.kernel_queues, [2, 1, 0]);
  t.deepEqual(await device.indexes(), [2, 1, 0]);
  await reader.stop();
  t.deepEqual((await untilLeases('wait0', 0)).kernel_queues, [0, 1, 2]);
  t.deepEqual(await device.indexes(), [0, 1, 2]);
  await device.close();
  await holder.stop();
});

test.serial('rx-dump and tx-inject say that a queue is disabled', async (t) => {
  await done('create', 'dead0', '--persist', '--up', '--queues', '2');
  const holder = await ready('hold', 'dead0');
  const borrower = await ChangingBorrower.start(socketOf('dead0'), [0, 1]);
  await borrower.do('detach 1');
  const fact = 'rtap: warning: queue 1 of dead0 is disabled: a borrower has detached it, and the kernel';
  const reader = start(['rx-dump', 'dead0', '--share']);
  await reader.waitFor(/listening/, 'stderr');
  t.true(reader.stderr.includes(`${fact} sends no frames to disabled queues\n`), reader.stderr);
  await reader.stop();
  const udp = ['--udp', '192.0.2.1:1-192.0.2.2:2', '-L', '1'];
  const sender = start(['tx-inject', 'dead0', '-q', '1', ...udp]);
  const { code, stderr } = await sender.ended();
  t.is(code, 0);
  t.true(stderr.includes(`${fact} takes frames from disabled queues only on devices without NAPI\n`), stderr);
  await borrower.process.stop('SIGKILL');
  await holder.stop();
});

test.serial(
  'a take-over passes on what is to be put back, and puts back what no borrower needs',
  async (t) => {
    await done('create', 'over0', '--persist', '--up', '--queues', '3');
    const first = await ready('hold', 'over0');
    const device = await BorrowedDevice.open('over0');
    const borrower = await ChangingBorrower.start(socketOf('over0'), [0]);
    await borrower.do('header 12', 'offloads 0', 'detach 0', 'block 0');
    // It lives on with its queue, and the holder does not notice what it does next.
    const gone = await ChangingBorrower.start(socketOf('over0'), [1, 2]);
    await gone.do('close');
    await untilLeases('over0', 1);
    await gone.do('detach 1', 'block 0');
    t.deepEqual(device.state, { detached: [0, 2], blocking: [0, 1], headerBytes: 12, offloads: [] });
    const second = await ready('hold', 'over0', '--take-over');
    t.is((await first.ended()).code, 0);
    t.deepEqual(device.state, { detached: [0], blocking: [0], headerBytes: 12, offloads: [] });
    t.regex(second.stderr, /^rtap: put back: queue 2 attached, queue 1 non-blocking$/m);
    await borrower.process.stop('SIGKILL');
    await untilLeases('over0', 0);
    t.deepEqual(device.state, UNCHANGED);
    t.deepEqual(await device.indexes(), [0, 1, 2]);
    await gone.process.stop('SIGKILL');
    await device.close();
    await second.stop();
  },
);

test.serial('offloads that a user sets while a borrower runs are kept', async (t) => {
  await done('create', 'wish0', '--persist', '--up', '--queues', '2');
  const holder = await ready('hold', 'wish0');
  const device = await BorrowedDevice.open('wish0');
  const borrower = await ChangingBorrower.start(socketOf('wish0'), [0]);
  await borrower.do('offloads 0');
  await done('offload', 'wish0', 'csum');
  await borrower.process.stop('SIGKILL');
  await untilLeases('wish0', 0);
  t.deepEqual(device.state, { ...UNCHANGED, offloads: ['csum'] });
  await device.close();
  await holder.stop();
});

test.serial('a device that is down gets its order back, though the kernel reports nothing', async (t) => {
  await done('create', 'down0', '--persist', '--queues', '3');
  const holder = await ready('hold', 'down0');
  const borrower = await ChangingBorrower.start(socketOf('down0'), [0]);
  await borrower.do('detach 0', 'attach 0');
  await borrower.process.stop('SIGKILL');
  await untilLeases('down0', 0);
  await done('up', 'down0');
  await eventually(() => ipLink('down0').flags.includes('LOWER_UP'), 'the carrier');
  const device = await BorrowedDevice.open('down0');
  t.deepEqual(await device.indexes(), [0, 1, 2]);
  await device.close();
  await holder.stop();
});

test.serial('nothing is left of borrowers that are killed at random moments', async (t) => {
  await done('create', 'rand0', '--persist', '--up', '--queues', '3');
  const holder = await ready('hold', 'rand0');
  await endsOfBorrowers(t, { name: 'rand0', socket: socketOf('rand0'), rounds: 12 });
  t.is((await holder.stop()).code, 0);
});
