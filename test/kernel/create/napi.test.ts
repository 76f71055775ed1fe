import { spawnSync } from 'node:child_process';
import test, { type ExecutionContext } from 'ava';
import { CreatedDevice } from '../../../src/tap/device/device-creation.js';
import { ip } from '../../netlink/iproute2.js';
import { entriesOf, textOf } from '../../proc-files.js';
import { done, json, run, start } from '../command.js';
import { eventually } from '../deadline.js';
import { reportIn, startForwarder } from '../fwd/forwarder.js';
import { ipLink } from '../ip-link.js';
import { OtherNamespace } from '../other-namespace.js';
import { runPeer } from '../peer.js';
import { threadNames } from '../process-state.js';
import { FlowDevice } from '../sent-flows.js';
import { enterWorkspace } from '../workspace.js';

enterWorkspace();

const FRAME = `02000000000102000000000288b5${'00'.repeat(46)}`;
const FRAMES = 2000;

/** Kernel threads belong to the first PID namespace, and no other shows them. */
const SEES_KERNEL_THREADS = textOf('/proc/2/comm') === 'kthreadd\n';

/** Tells the kernel to run each queue of `name` that has NAPI in a thread. Returns false if no queue has NAPI: the kernel refuses then. */
function startThreads(name: string): boolean {
  const script =
    'mount -t sysfs none /sys && cat /sys/class/net/$0/threaded && echo 1 >/sys/class/net/$0/threaded';
  const { status, stdout, stderr } = spawnSync('unshare', ['--mount', 'sh', '-c', script, name], {
    encoding: 'utf8',
  });
  if (stdout === '') throw new Error(stderr);
  return status === 0;
}

/** Checks that `count` queues of `name` have NAPI. In a container, which shows no kernel threads, it is whether any queue has. */
function assertNapiQueues(t: ExecutionContext, name: string, count: number, message?: string): void {
  t.is(startThreads(name), count > 0, message);
  if (count === 0) return;
  if (!SEES_KERNEL_THREADS) {
    t.log('queues with NAPI are not counted: kernel threads are out of sight');
    return;
  }
  const processes = entriesOf('/proc').filter((entry) => /^\d+$/.test(entry));
  const names = processes.map((pid) => threadNames(Number(pid))[0] ?? '');
  t.is(names.filter((thread) => thread.startsWith(`napi/${name}-`)).length, count, message);
}

function received(name: string): number {
  return ipLink(name).stats64.rx.packets;
}

test.serial('create --napi makes a device whose queues have NAPI whenever they are attached', async (t) => {
  await done('create', 'nap0', '--persist', '--up', '--napi', '--queues', '3');
  t.like(ipLink('nap0').linkinfo.info_data, {
    type: 'tap',
    multi_queue: true,
    vnet_hdr: true,
    persist: true,
  });
  t.like(await json('show', 'nap0'), { queues: 3, napi: true });
  t.regex(await done('show', 'nap0'), /^napi +on$/m);
  assertNapiQueues(t, 'nap0', 0);
  for (let attach = 0; attach < 2; attach++) {
    const reader = start(['rx-dump', 'nap0']);
    await reader.waitFor(/listening/, 'stderr');
    assertNapiQueues(t, 'nap0', 3);
    t.is((await reader.stop()).code, 0);
    await eventually(() => !startThreads('nap0'), 'the end of the queues');
  }
  // A queue that offload attaches for a moment leaves NAPI as it was.
  t.is((await run('offload', 'nap0', 'csum')).code, 0);
  t.like(await json('show', 'nap0'), { napi: true, offloads: ['csum'] });
});

test.serial(
  'a device has no NAPI unless --napi was given, and null for a device of another program',
  async (t) => {
    await done('create', 'bare0', '--persist', '--up', '--queues', '2');
    t.is((await json('show', 'bare0')).napi, false);
    const reader = start(['rx-dump', 'bare0']);
    await reader.waitFor(/listening/, 'stderr');
    assertNapiQueues(t, 'bare0', 0);
    await reader.stop();
    ip('tuntap add dev theirs0 mode tap multi_queue');
    t.is((await json('show', 'theirs0')).napi, null);
  },
);

test.serial('create --exist-ok --napi attaches queues with NAPI from then on', async (t) => {
  await done('create', 'late0', '--persist', '--queues', '2');
  const words = ['create', 'late0', '--persist', '--exist-ok', '--up'];
  await done(...words, '--napi');
  await done(...words, '--queues', '3');
  t.like(await json('show', 'late0'), { queues: 3, napi: true });
  const holder = start(['hold', 'late0']);
  await holder.waitFor(/ready/);
  assertNapiQueues(t, 'late0', 3);
  await holder.stop();
});

test.serial('a holder keeps NAPI through take-overs, and lends it to rx-dump and tx-inject', async (t) => {
  await done('create', 'lend0', '--persist', '--up', '--napi', '--queues', '2', '--offload', 'none');
  const first = start(['hold', 'lend0']);
  await first.waitFor(/ready/);
  const second = start(['hold', 'lend0', '--take-over']);
  await second.waitFor(/ready/);
  t.is((await first.ended()).code, 0);
  assertNapiQueues(t, 'lend0', 2);
  const reader = start(['rx-dump', 'lend0', '-q', '0']);
  await reader.waitFor(/listening/, 'stderr');
  const sent = await run('tx-inject', 'lend0', '-q', '1', '--hex', FRAME, '-t', '--loop', String(FRAMES));
  t.is(sent.code, 0, sent.stderr);
  t.notRegex(sent.stderr, /NAPI/);
  t.regex(sent.stderr, new RegExp(`^${FRAMES} packets received by the kernel$`, 'm'));
  assertNapiQueues(t, 'lend0', 2, 'no program attached a queue of its own');
  await reader.stop();
  t.is(received('lend0'), FRAMES);
  await second.stop();
});

test.serial(
  'a device with NAPI has it in another network namespace too, where its holder follows it',
  async (t) => {
    await done('create', 'away0', '--persist', '--napi', '--queues', '2');
    const other = await OtherNamespace.make();
    const holder = start(['hold', 'away0']);
    await holder.waitFor(/ready/);
    ip(`link set away0 netns ${other.name}`);
    await holder.waitFor(/its holder follows it/, 'stderr');
    t.like(await json('show', 'away0', '--netns', other.name), { queues: 2, napi: true });
    await holder.stop();
  },
);

test.serial(
  'tx-inject avoids NAPI without a holder, prints that, and the kernel refuses no frame',
  async (t) => {
    await done('create', 'round0', '--persist', '--up', '--napi', '--queues', '2');
    const words = ['tx-inject', 'round0', '-q', '1', '--hex', FRAME, '-t', '--loop', String(FRAMES)];
    const note =
      'tx-inject: sends without NAPI; to send through NAPI, start a holder first: rtap hold round0 --detach\n';
    const alone = await run(...words);
    t.deepEqual([alone.code, alone.stderr.startsWith(note)], [0, true], alone.stderr);
    t.is(received('round0'), FRAMES);
    const reader = start(['rx-dump', 'round0']);
    await reader.waitFor(/listening/, 'stderr');
    const beside = await run(...words);
    t.deepEqual([beside.code, beside.stderr.startsWith(note)], [0, true], beside.stderr);
    t.is(received('round0'), 2 * FRAMES);
    assertNapiQueues(t, 'round0', 2, 'those of the reader');
    await reader.stop();
  },
);

test.serial('fwd carries frames between devices with NAPI, each once', async (t) => {
  const words = ['--napi', '--queues', '2', '--txqueuelen', '5000'];
  const from = await FlowDevice.create('from0', { words });
  await FlowDevice.create('to0', { words });
  const forwarder = await startForwarder(['from0', 'to0', '--json']);
  for (const name of ['from0', 'to0']) assertNapiQueues(t, name, 2);
  const before = received('to0');
  await from.send(16, FRAMES);
  await eventually(() => received('to0') - before === FRAMES, 'the frames');
  const { code, stdout } = await forwarder.stop();
  t.is(code, 0);
  t.like(reportIn(stdout).directions[0], { received: FRAMES, sent: FRAMES, missed: 0, refused: {} });
});

test.serial(
  'the kernel refuses the frames of a detached queue with NAPI, so that tx-inject must avoid it',
  async (t) => {
    t.is(await runPeer('detached_napi.py', 'why0'), 'with 16 EBUSY, without 0\n');
  },
);

test('the library makes a device with NAPI, which is held', (t) => {
  using device = CreatedDevice.create('lib0', { napi: true, queueCount: 2 });
  t.true(device.napi);
  assertNapiQueues(t, 'lib0', 1);
  device.attachAll();
  assertNapiQueues(t, 'lib0', 2);
});

test.serial('create --exist-ok switches NAPI off when --no-napi is given, and leaves it else', async (t) => {
  await done('create', 'nap9', '--persist', '--napi', '--queues', '1');
  await done('create', 'nap9', '--persist', '--exist-ok');
  t.like(await json('show', 'nap9'), { napi: true });
  await done('create', 'nap9', '--persist', '--exist-ok', '--no-napi');
  t.like(await json('show', 'nap9'), { napi: false });
});
