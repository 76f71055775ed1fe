import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'ava';
import { isNamespaceGone } from '../../../src/sys/namespace-handle.js';
import { CreatedDevice } from '../../../src/tap/device/device-creation.js';
import { findLeftovers } from '../../../src/tap/device/leftovers.js';
import { ip } from '../../netlink/iproute2.js';
import { done, json, RTAP, start } from '../command.js';
import { eventually } from '../deadline.js';
import { findIpLink, ipLink } from '../ip-link.js';
import { runTool } from '../peer.js';
import { RunningProcess } from '../running-process.js';
import { deviceFolder, enterWorkspace, runtimeEntries } from '../workspace.js';

const workspace = enterWorkspace();

interface Found {
  readonly path: string;
  readonly reason: string;
}

/** Runs gc, and checks that it removed what it printed. */
async function collect(): Promise<Found[]> {
  const said = await json<Found[]>('gc', '--dry-run');
  for (const { path } of said) if (!existsSync(path)) throw new Error(`${path} is not there`);
  const removed = await json<Found[]>('gc');
  for (const { path } of removed) if (existsSync(path)) throw new Error(`${path} is still there`);
  if (JSON.stringify(said) !== JSON.stringify(removed)) throw new Error('said and removed differ');
  return [...removed];
}

test.serial('gc removes nothing of a device that exists', async (t) => {
  await done('create', 'idle0', '--persist');
  const holder = start(['create', 'held0', '--queues', '2']);
  await holder.waitFor(/ready/);
  const before = runtimeEntries(workspace);
  t.deepEqual(await collect(), []);
  t.is(await done('gc'), '');
  t.deepEqual(runtimeEntries(workspace), before);
  await start(['rx-dump', 'held0', '--duration', '100ms']).ended();
  await holder.stop();
  await done('delete', 'idle0');
});

test.serial('gc removes what a killed holder left: a folder without a device, or a socket', async (t) => {
  await done('create', 'stay0', '--persist', '--up');
  const holders = [start(['hold', 'stay0']), start(['create', 'gone0'])];
  for (const holder of holders) await holder.waitFor(/ready/);
  const stay = deviceFolder(workspace, ipLink('stay0').ifindex);
  const gone = deviceFolder(workspace, ipLink('gone0').ifindex);
  for (const holder of holders) await holder.stop('SIGKILL');
  await eventually(() => findIpLink('gone0') === undefined, 'the device to go');
  t.deepEqual(await collect(), [
    { path: join(stay, 'holder'), reason: 'holder-died' },
    { path: gone, reason: 'device-gone' },
  ]);
  t.true(readdirSync(stay).includes('device.json'));
  const holder = start(['hold', 'stay0']);
  await holder.waitFor(/^stay0: ready, 4 queues$/m);
  t.deepEqual(await collect(), []);
  await holder.stop();
  await done('delete', 'stay0');
});

test.serial(
  'gc removes folders of deleted devices, folders of an earlier boot, and empty folders',
  async (t) => {
    await done('create', 'alive0', '--persist');
    await done('create', 'other0', '--persist');
    const other = deviceFolder(workspace, ipLink('other0').ifindex);
    ip('link del other0');
    const foreign = join(workspace.runtime, '123456789', '7');
    mkdirSync(foreign, { recursive: true });
    writeFileSync(join(foreign, 'boot-id'), 'another\n');
    const today = join(workspace.runtime, '123456788', '7');
    mkdirSync(today, { recursive: true });
    writeFileSync(join(today, 'boot-id'), bootId());
    const empty = join(workspace.runtime, '123456787');
    mkdirSync(empty);
    const byPath = (a: Found, b: Found) => (a.path < b.path ? -1 : 1);
    t.deepEqual(
      (await json<Found[]>('gc', '--dry-run')).sort(byPath),
      [
        { path: empty, reason: 'empty' },
        { path: foreign, reason: 'earlier-boot' },
        { path: other, reason: 'device-gone' },
      ].sort(byPath),
    );
    t.regex(await done('gc'), /123456789\/7: it is older than the last boot, removed$/m);
    t.deepEqual(
      [dirname(foreign), today, empty, other].map((path) => existsSync(path)),
      [false, true, false, false],
    );
    t.truthy(findIpLink('alive0'));
  },
);

test.serial('gc leaves the folder of a device that was moved, while a process counts there', async (t) => {
  const place = new RunningProcess('unshare', ['-n', 'sh', '-c', 'echo there; exec sleep 600']);
  await place.waitFor(/there/);
  await done('create', 'moved0', '--persist', '--up', '--queues', '1');
  const { ifindex } = ipLink('moved0');
  const folder = deviceFolder(workspace, ifindex);
  const reader = start(['rx-dump', 'moved0']);
  await reader.waitFor(/listening/, 'stderr');
  ip(`link set moved0 netns ${place.pid}`);
  await eventually(() => findIpLink('moved0') === undefined, 'the device to go');
  t.deepEqual(await collect(), []);
  // Nor does the creation of a device remove it.
  await done('create', 'beside0', '--persist');
  t.true(readdirSync(folder).some((name) => name.startsWith('counters-')));
  await reader.stop('SIGKILL');
  await place.stop('SIGKILL');
  t.deepEqual(await collect(), [{ path: folder, reason: 'device-gone' }]);
  await done('delete', 'beside0');
});

test.serial('a creation removes what dead processes left, except with removeLeftovers: false', async (t) => {
  ip('tuntap add dev left0 mode tap multi_queue');
  const holder = start(['hold', 'left0']);
  await holder.waitFor(/ready/);
  const left = deviceFolder(workspace, ipLink('left0').ifindex);
  await holder.stop('SIGKILL');
  ip('link delete left0');
  t.true(existsSync(left));
  using quick = CreatedDevice.create('quick0', { removeLeftovers: false });
  t.true(existsSync(left), quick.name);
  using thorough = CreatedDevice.create('thorough0');
  t.false(existsSync(left), thorough.name);
});

/** Whether the kernel tells that a namespace is gone (Linux 6.18). If it does not, gc leaves its folder. */
const TELLS = isNamespaceGone({ cookie: '1234567890123', inode: 1 });

/** Makes a device in a network namespace of its own. `end` ends both. */
async function deviceElsewhere(name: string) {
  const place = new RunningProcess('unshare', ['-n', 'sh', '-c', 'echo there; exec sleep 600']);
  await place.waitFor(/there/);
  const before = runtimeEntries(workspace);
  await done('create', name, '--persist', '--netns', String(place.pid));
  const path = runtimeEntries(workspace).find(
    (entry) => !before.includes(entry) && /^\d+\/\d+$/.test(entry),
  )!;
  return { folder: join(workspace.runtime, path), end: () => place.stop('SIGKILL') };
}

/** The kernel removes a namespace some time after its last process has ended. */
async function namespaceToGo(folder: string): Promise<void> {
  if (TELLS)
    await eventually(() => findLeftovers().some(({ path }) => path === folder), 'the namespace to go');
}

test.serial(
  'gc removes the folders of a network namespace that is gone, if the kernel tells that',
  async (t) => {
    const [gone, alive] = [await deviceElsewhere('far0'), await deviceElsewhere('far1')];
    t.deepEqual(await collect(), []);
    await gone.end();
    const unable = ['--bounding-set', '-sys_admin', '--inh-caps', '-sys_admin'];
    await namespaceToGo(gone.folder);
    // Without CAP_SYS_ADMIN, gc cannot look into every process, and takes nothing for gone.
    t.is(runTool('setpriv', ...unable, process.execPath, RTAP, 'gc'), '');
    // Nor in a container: newer kernels refuse the look there, whatever the privileges are.
    t.is(runTool('unshare', '--pid', '--fork', '--mount-proc', process.execPath, RTAP, 'gc'), '');
    t.deepEqual(await collect(), TELLS ? [{ path: gone.folder, reason: 'namespace-gone' }] : []);
    t.true(existsSync(alive.folder));
    await alive.end();
  },
);

test.serial('create removes the folders of a network namespace that is gone', async (t) => {
  const { folder, end } = await deviceElsewhere('far2');
  await end();
  await namespaceToGo(folder);
  await done('create', 'near0', '--persist');
  t.is(existsSync(dirname(folder)), !TELLS);
  await done('delete', 'near0');
});

test.serial('gc does not remove the runtime directory itself, which a user may have made', async (t) => {
  const { RTAP_RUNTIME_DIR } = process.env;
  const made = join(workspace.directory, 'made');
  mkdirSync(join(made, '123456786'), { recursive: true });
  process.env.RTAP_RUNTIME_DIR = made;
  try {
    t.deepEqual(await collect(), [{ path: join(made, '123456786'), reason: 'empty' }]);
    t.deepEqual(readdirSync(made), []);
    t.deepEqual(await collect(), []);
  } finally {
    process.env.RTAP_RUNTIME_DIR = RTAP_RUNTIME_DIR;
  }
});

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1');
}
