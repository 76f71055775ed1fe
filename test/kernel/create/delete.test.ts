import { existsSync, readdirSync } from 'node:fs';
import test from 'ava';
import { ip } from '../../netlink/iproute2.js';
import { done, refusal, start } from '../command.js';
import { findIpLink, ipLink } from '../ip-link.js';
import { unprivileged } from '../unprivileged.js';
import { deviceFolder, enterWorkspace } from '../workspace.js';

const workspace = enterWorkspace();

test('delete removes the device and its runtime state', async (t) => {
  await done('create', 'io0', '--persist');
  const folder = deviceFolder(workspace, ipLink('io0').ifindex);
  t.true(existsSync(folder));
  t.is(await done('delete', 'io0'), '');
  t.is(findIpLink('io0'), undefined);
  t.false(existsSync(folder));
});

test('delete removes a device that ip made', async (t) => {
  ip('tuntap add dev foreign0 mode tap');
  await done('delete', '--iface', 'foreign0');
  t.is(findIpLink('foreign0'), undefined);
});

test('delete removes a device that a process holds', async (t) => {
  const holder = start(['create', 'held0']);
  await holder.waitFor(/ready/);
  await done('delete', 'held0');
  t.is(findIpLink('held0'), undefined);
  await holder.stop();
});

test('delete refuses an absent device, unless --missing-ok is given', async (t) => {
  t.deepEqual(await refusal('delete', 'absent0'), [
    2,
    'rtap: cannot delete "absent0": there is no such device',
    'hint: list the TAP devices of this network namespace: rtap list',
  ]);
  t.is(await done('delete', 'absent0', '--missing-ok'), '');
});

test('delete refuses a link that is no TAP, with --missing-ok too', async (t) => {
  ip('link add br0 type bridge', 'link add v0 type veth peer name v1', 'tuntap add dev tun0 mode tun');
  const rows = [
    ['br0', 'it is not a TAP (bridge)'],
    ['v0', 'it is not a TAP (veth)'],
    ['tun0', 'it is a TUN device, not a TAP'],
    ['lo', 'it is not a TAP'],
  ] as const;
  for (const [name, reason] of rows) {
    const [code, message] = await refusal('delete', name, '--missing-ok');
    t.deepEqual([code, message], [2, `rtap: cannot delete "${name}": ${reason}`]);
    t.truthy(findIpLink(name));
  }
});

test('delete refuses a name that cannot be one', async (t) => {
  const message = 'rtap: cannot use "a/b" as a device name: it contains "/"';
  t.deepEqual((await refusal('delete', 'a/b')).slice(0, 2), [1, message]);
});

test('delete lets the owner remove its device without root', async (t) => {
  await done('create', 'owned0', '--persist', '--owner', 'nobody');
  const folder = deviceFolder(workspace, ipLink('owned0').ifindex);
  const { code, stderr } = await unprivileged('delete', 'owned0');
  t.deepEqual([code, stderr], [0, '']);
  t.is(findIpLink('owned0'), undefined);
  // The folder lies in a folder of root, so that its owner cannot remove it. It is empty, and the next create removes it.
  t.deepEqual(existsSync(folder) ? readdirSync(folder) : [], []);
  await done('create', 'owned1', '--persist');
  t.false(existsSync(folder));
});

test('delete refuses a user who does not own the device', async (t) => {
  await done('create', 'root0', '--persist');
  const { code, stderr } = await unprivileged('delete', 'root0');
  t.is(code, 2);
  t.regex(stderr, /^rtap: cannot delete "root0": .*EPERM\nhint: run as root/);
  t.truthy(findIpLink('root0'));
});

test('delete refuses the owner without root while a process holds the device', async (t) => {
  await done('create', 'busy0', '--persist', '--owner', 'nobody');
  const holder = start(['create', 'busy0', '--exist-ok']);
  await holder.waitFor(/ready/);
  const { code, stderr } = await unprivileged('delete', 'busy0');
  t.is(code, 2);
  t.regex(
    stderr,
    /^rtap: cannot delete "busy0": without CAP_NET_ADMIN only its owner may, and only while no process has queues of it attached: 4 are\n/,
  );
  await holder.stop();
});

test('delete succeeds while processes use the device, and they end', async (t) => {
  const rounds = Array.from({ length: 6 }, async (_, round) => {
    const name = `race${round}`;
    await done('create', name, '--persist');
    const readers = [start(['rx-dump', name]), start(['rx-dump', name, '--share'])];
    await Promise.all(readers.map((reader) => reader.waitFor(/listening|cannot attach/, 'stderr')));
    t.is(await done('delete', name), '');
    for (const reader of readers) t.is((await reader.ended()).code, 2);
  });
  await Promise.all(rounds);
});
