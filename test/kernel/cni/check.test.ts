import test from 'ava';
import { done } from '../command.js';
import { enterWorkspace } from '../workspace.js';
import { Container, PluginFolder } from './plugin.js';

const workspace = enterWorkspace();
const folder = new PluginFolder(workspace);

/** What makes a container differ from what ADD left, and what takes that back, each as a command in the container. */
const CHANGES: readonly (readonly [change: string, back: string])[] = [
  ['ip link set eth0 address 02:00:00:00:00:77', 'ip link set eth0 address 02:00:00:00:00:01'],
  ['ip link set eth0 mtu 1300', 'ip link set eth0 mtu 1500'],
  ['ip link set eth0 txqueuelen 77', 'ip link set eth0 txqueuelen 500'],
  ['ip route del default', 'ip route add default via 192.0.2.1'],
  ['ip link set eth0 name eth1', 'ip link set eth1 name eth0'],
  [
    'ip address del 192.0.2.2/24 dev eth0',
    'ip address add 192.0.2.2/24 dev eth0; ip route add default via 192.0.2.1',
  ],
  ['ip link set eth0 down', 'ip link set eth0 up; ip route add default via 192.0.2.1'],
];

/** Interfaces of other programs in the place of the device. */
const REPLACEMENTS: readonly string[] = [
  'ip link del eth0; ip tuntap add eth0 mode tap multi_queue; ip link set eth0 up',
  'ip link del eth0; ip link add eth0 type bridge; ip link set eth0 up',
];

const NETWORK = { cniVersion: '1.1.0', name: 'taps', type: 'rtap' };

test.serial('CHECK finds each difference, and none when it is taken back', async (t) => {
  const container = await Container.make(folder, 'checked');
  const mac = '02:00:00:00:00:01';
  const configuration = { ...NETWORK, mac, txqueuelen: 500, ipam: folder.recorded() };
  const prevResult = await container.add(configuration);
  const checked = { ...configuration, prevResult };
  for (const [change, back] of CHANGES) {
    await container.namespace.run('sh', '-c', change);
    const { json } = await container.call('CHECK', checked);
    t.like(json, { code: 102 }, change);
    t.true((json as { msg: string }).msg.startsWith('cannot confirm "eth0": '));
    await container.namespace.run('sh', '-c', back);
  }
  t.deepEqual(await container.call('CHECK', checked).then(({ code, stdout }) => [code, stdout]), [0, '']);
  await container.namespace.run('ip', 'link', 'del', 'eth0');
  t.is(await container.refusal('CHECK', checked), 102);
  t.is((await container.call('DEL', checked)).code, 0);
});

for (const change of REPLACEMENTS)
  test.serial(
    `CHECK finds an interface of another program, and DEL leaves it alone: ${change}`,
    async (t) => {
      const container = await Container.make(folder, 'replaced');
      const prevResult = await container.add(NETWORK);
      await container.namespace.run('sh', '-c', change);
      t.is(await container.refusal('CHECK', { ...NETWORK, prevResult }), 102);
      t.is((await container.call('DEL', { ...NETWORK, prevResult })).code, 0);
      t.deepEqual(await container.interfaces(), ['eth0']);
    },
  );

test.serial(
  'CHECK finds that another owner may attach, and that the result is of another container',
  async (t) => {
    const container = await Container.make(folder, 'checked');
    const configuration = { cniVersion: '1.0.0', name: 'taps', type: 'rtap', owner: 54321 };
    const prevResult = await container.add(configuration);
    t.is((await container.call('CHECK', { ...configuration, prevResult })).code, 0);
    t.is(await container.refusal('CHECK', { ...configuration, queues: 2, prevResult }), 102);
    await done('create', 'eth0', '--exist-ok', '--persist', '--owner', '54322', '--netns', container.netns);
    t.is(await container.refusal('CHECK', { ...configuration, prevResult }), 102);
    await done('create', 'eth0', '--exist-ok', '--persist', '--owner', '54321', '--netns', container.netns);
    t.is((await container.call('CHECK', { ...configuration, prevResult })).code, 0);
    const interfaces = [{ ...prevResult.interfaces[0], sandbox: '/run/netns/other' }];
    t.is(
      await container.refusal('CHECK', { ...configuration, prevResult: { ...prevResult, interfaces } }),
      102,
    );
    await container.call('DEL', configuration);
  },
);
