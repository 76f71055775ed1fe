import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { LinkEvents } from '../../../src/netlink/link-events.js';
import { json, start } from '../command.js';
import { eventually } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import { startPeer } from '../peer.js';
import type { RunningProcess } from '../running-process.js';
import { FlowDevice } from '../sent-flows.js';
import { deviceFolder, enterWorkspace } from '../workspace.js';

const workspace = enterWorkspace();
const USERS = 128;
/** More of them only delay each other. */
const STARTED_AT_ONCE = 16;
const FRAMES = 5000;

interface View {
  readonly holder: { readonly pid: number } | null;
  readonly unread: readonly number[];
  readonly leases: readonly { readonly pid: number; readonly queues: readonly number[] }[];
}

/** Lets a user read its queue, and returns the number of frames in it. */
async function read(user: RunningProcess): Promise<number> {
  user.write('read\n');
  const [, count] = await user.waitFor(/^lent\n(\d+)\n/);
  return Number(count);
}

/** Ways in which a user ends, or only closes its connection. */
const ENDINGS: readonly ((user: RunningProcess) => Promise<unknown>)[] = [
  (user) => user.stop('SIGKILL'),
  (user) => user.stop('SIGTERM'),
  (user) => {
    user.endInput();
    return user.ended();
  },
  (user) => {
    user.write('close\n');
    return user.waitFor(/closed/);
  },
];

test('128 processes have a queue each, and however they end, the carrier stays and no lease is left', async (t) => {
  t.timeout(300_000);
  const device = await FlowDevice.create('wide0', { words: ['--queues', String(USERS)] });
  const holder = start(['hold', 'wide0']);
  await holder.waitFor(/ready/);
  await eventually(() => ipLink('wide0').flags.includes('LOWER_UP'), 'the carrier');
  const before = readdirSync(`/proc/${holder.pid}/fd`).length;
  const carriers: boolean[] = [];
  using _events = LinkEvents.open({
    onLink: (link) => link.name === 'wide0' && carriers.push(link.carrier),
    onGone: () => {},
    onOverrun: () => t.fail('events were lost'),
  });
  const path = join(deviceFolder(workspace, ipLink('wide0').ifindex), 'holder');
  const users: RunningProcess[] = [];
  while (users.length < USERS) {
    const row = Array.from({ length: STARTED_AT_ONCE }, (_, index) =>
      startPeer('lease_user.py', [path, users.length + index], { inputOpen: true }),
    );
    await Promise.all(row.map((user) => user.waitFor(/lent/)));
    users.push(...row);
  }

  const { leases, unread } = await json<View>('show', 'wide0');
  t.deepEqual(unread, []);
  t.deepEqual(
    leases.map(({ pid, queues }) => `${queues} ${pid}`).sort(),
    users.map(({ pid }, queue) => `${queue} ${pid}`).sort(),
  );
  await device.send(1000, FRAMES);
  const counts = await Promise.all(users.map(read));
  t.is(
    counts.reduce((sum, count) => sum + count, 0),
    FRAMES,
  );
  t.true(counts.filter((count) => count > 0).length > USERS / 2, counts.join(' '));

  await Promise.all(users.map((user, queue) => ENDINGS[queue % ENDINGS.length]!(user)));
  await eventually(
    () => readdirSync(`/proc/${holder.pid}/fd`).length === before,
    'the end of all connections',
  );
  t.like(await json<View>('show', 'wide0'), { leases: [], holder: { pid: holder.pid } });
  t.is(ipLink('wide0').linkinfo.info_data.numqueues, USERS);
  t.false(carriers.includes(false));
  // Users that only closed their connection still have their queues. That does not hinder others.
  t.is((await start(['rx-dump', 'wide0', '--duration', '1ms']).ended()).code, 0);
  for (const user of users) if (user.running) await user.stop('SIGKILL');
  t.is((await holder.stop()).code, 0);
});
