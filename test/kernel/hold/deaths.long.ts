import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { networkNamespaceCookie } from '../../../src/sys/network-namespace.js';
import { viewDevice } from '../../../src/tap/device/device-view.js';
import { done, start } from '../command.js';
import { eventually } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import { startPeer } from '../peer.js';
import type { RunningProcess } from '../running-process.js';
import { deviceFolder, enterWorkspace } from '../workspace.js';

const workspace = enterWorkspace();

const LEASE = '{"rtap":1,"type":"lease","queues":[0],"share":false,"command":"x"}';
const SEND = '{"rtap":1,"type":"send","queues":[1]}';
const TAKE_OVER = '{"rtap":1,"type":"take-over"}';
/** Messages of a hand-over to a holder with one user: handing-over, queues, connections, all. */
const HAND_OVER_MESSAGES = 4;

const folderOf = (name: string): string => deviceFolder(workspace, ipLink(name).ifindex);
const descriptorsOf = ({ pid }: RunningProcess): number => readdirSync(`/proc/${pid}/fd`).length;

/** Starts a user that goes as far as `step`. `stopped` is a holder that is stopped meanwhile, so that it does not see that step. */
async function userAt(step: string, request: string, stopped?: RunningProcess): Promise<RunningProcess> {
  const words = [join(folderOf('io0'), 'holder'), step, request];
  const user = startPeer('step_user.py', words, { inputOpen: true });
  await user.waitFor(/before/);
  stopped?.signal('SIGSTOP');
  user.write('\n');
  await user.waitFor(/done/);
  return user;
}

test.serial('a user that is killed at any step of an exchange leaves nothing in the holder', async (t) => {
  const holder = start(['create', 'io0', '--up', '--queues', '3']);
  await holder.waitFor(/ready/);
  const before = descriptorsOf(holder);
  // A stopped holder has not accepted the user, or has not read its request.
  const steps: readonly (readonly [step: string, request: string, stopped?: RunningProcess])[] = [
    ['connect', LEASE, holder],
    ['connect', LEASE],
    ['await-greeting', LEASE],
    ['greeting', LEASE],
    ['request', LEASE, holder],
    ['request', SEND],
    ['await-answer', LEASE],
    ['await-answer', SEND],
    ['1', LEASE],
    ['1', SEND],
  ];
  for (const [step, request, stopped] of steps) {
    const user = await userAt(step, request, stopped);
    await user.stop('SIGKILL');
    holder.signal('SIGCONT');
    // The next user gets the same queue at once.
    const next = await userAt('1', LEASE);
    t.deepEqual(
      viewDevice('io0').leases?.map(({ pid }) => pid),
      [next.pid],
      `${step}${stopped === undefined ? '' : ', the holder stopped'}`,
    );
    await next.stop('SIGKILL');
    await eventually(
      () => descriptorsOf(holder) === before,
      () => `${before} descriptors, not ${descriptorsOf(holder)}, after ${step}`,
    );
  }
  t.deepEqual(viewDevice('io0').leases, []);
  t.is(ipLink('io0').linkinfo.info_data.numqueues, 3);
  const reader = start(['rx-dump', 'io0', '-q', '1']);
  await reader.waitFor(/listening/, 'stderr');
  await survivesSuccessors(t.deepEqual, holder, reader);
  await reader.stop();
  t.deepEqual(await holder.stop().then(({ code, stderr }) => [code, stderr]), [0, '']);
});

/** Kills a successor behind each message of a hand-over. `holder` must go on, and `reader` must keep its lease. */
async function survivesSuccessors(
  same: (actual: unknown, expected: unknown, what: string) => void,
  holder: RunningProcess,
  reader: RunningProcess,
): Promise<void> {
  const steps = ['request', 'await-answer'];
  for (let message = 1; message <= HAND_OVER_MESSAGES; message++) steps.push(String(message));
  const before = descriptorsOf(holder);
  for (const step of steps) {
    for (const stopped of step === 'request' ? [holder, undefined] : [undefined]) {
      const successor = await userAt(step, TAKE_OVER, stopped);
      await successor.stop('SIGKILL');
      holder.signal('SIGCONT');
      const { holder: found, leases } = viewDevice('io0');
      same(
        [found?.process.pid, leases?.[0]?.pid, leases?.length],
        [holder.pid, reader.pid, 1],
        `after ${step}`,
      );
      await eventually(() => descriptorsOf(holder) === before, `${before} descriptors after ${step}`);
    }
  }
}

/** Starts a holder that dies at `step`. Its device is persistent, and no other process uses it. */
async function dyingHolder(step: string): Promise<RunningProcess> {
  const words = [folderOf('dying0'), 'dying0', ipLink('dying0').ifindex, networkNamespaceCookie(), step];
  const holder = startPeer('dying_holder.py', words);
  await holder.waitFor(/ready/);
  return holder;
}

test.serial('a user names the cause when its holder is killed at any step of an exchange', async (t) => {
  await done('create', 'dying0', '--persist', '--up', '--queues', '2');
  const ended = /^rtap: cannot attach to "dying0": its holder has ended\n/;
  const steps: readonly (readonly [step: string, message: RegExp | undefined])[] = [
    // The holder was gone when its user looked again, but the kernel had not closed its queues yet.
    [
      'accepted',
      /^rtap: cannot attach to "dying0": (another process|\S+ \(pid \d+\)) has 2 queues of it attached\n/,
    ],
    ['greeted', ended],
    ['asked', ended],
    // The user has its descriptors, and with them the device.
    ['answered', undefined],
  ];
  for (const [step, message] of steps) {
    const holder = await dyingHolder(step);
    const user = start(['rx-dump', 'dying0']);
    t.is((await holder.ended()).signal, 'SIGKILL', step);
    if (message === undefined) {
      await user.waitFor(/listening on dying0, queues 0-1/, 'stderr');
      t.is(ipLink('dying0').linkinfo.info_data.numqueues, 2, step);
      t.is((await user.stop()).code, 0, step);
    } else {
      const { code, stderr } = await user.ended();
      t.is(code, 2, step);
      t.regex(stderr, message, step);
    }
  }
  const next = start(['hold', 'dying0']);
  await next.waitFor(/^dying0: ready, 2 queues$/m);
  t.is((await next.stop()).code, 0);
});

test.serial(
  'a holder that is killed behind any message of a hand-over leaves a successor or none',
  async (t) => {
    for (const step of ['asked', '1', '2', '3']) {
      const holder = await dyingHolder(step);
      const successor = start(['hold', 'dying0', '--take-over']);
      t.is((await holder.ended()).signal, 'SIGKILL', step);
      const { code, stderr } = await successor.ended();
      t.is(code, 2, step);
      t.regex(stderr, /^rtap: cannot take over "dying0": its holder has ended\n/, step);
      t.is(viewDevice('dying0').holder, undefined, step);
    }
    const holder = await dyingHolder(String(HAND_OVER_MESSAGES));
    const successor = start(['hold', 'dying0', '--take-over']);
    await successor.waitFor(/^dying0: ready, 2 queues$/m);
    t.is((await holder.ended()).signal, 'SIGKILL');
    t.is(viewDevice('dying0').holder?.process.pid, successor.pid);
    t.is(ipLink('dying0').linkinfo.info_data.numqueues, 2);
    t.is((await successor.stop()).code, 0);
    t.is(ipLink('dying0').linkinfo.info_data.numqueues ?? 0, 0);
  },
);

test.serial(
  'a successor that is killed when it holds the device leaves its users their queues',
  async (t) => {
    await done('create', 'last0', '--persist', '--up', '--queues', '2');
    const first = start(['hold', 'last0']);
    await first.waitFor(/ready/);
    const reader = start(['rx-dump', 'last0', '-q', '1']);
    await reader.waitFor(/listening/, 'stderr');
    const second = start(['hold', 'last0', '--take-over']);
    await second.waitFor(/ready/);
    t.is((await first.ended()).code, 0);
    await second.stop('SIGKILL');
    await eventually(
      () => ipLink('last0').linkinfo.info_data.numqueues === 1,
      'the queues of the holder to go',
    );
    t.true(reader.running);
    t.is((await reader.stop()).code, 0);
    const third = start(['hold', 'last0']);
    await third.waitFor(/^last0: ready, 2 queues$/m);
    await third.stop();
  },
);
