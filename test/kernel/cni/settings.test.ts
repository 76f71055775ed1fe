import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { done, start } from '../command.js';
import { RunningProcess } from '../running-process.js';
import { enterWorkspace, runtimeEntries } from '../workspace.js';
import {
  type Configuration,
  Container,
  PluginFolder,
  processesIn,
  untilEmpty,
  type Variables,
} from './plugin.js';

const workspace = enterWorkspace();
const folder = new PluginFolder(workspace);

const NETWORK = { cniVersion: '1.1.0', name: 'taps', type: 'rtap' };

/** What a container has beside the loopback interface: the first link that `ip` lists under `eth0`. */
async function linkOf(container: Container): Promise<Readonly<Record<string, unknown>>> {
  return (await container.ip('link', 'show', 'eth0'))[0]!;
}

test.serial('every setting of the device is what ip shows', async (t) => {
  const container = await Container.make(folder, 'settings');
  const settings = {
    queues: 2,
    mtu: 1400,
    owner: 54321,
    group: 54322,
    txqueuelen: 200,
    offloads: ['csum', 'tso4'],
  };
  const configuration = { ...NETWORK, ...settings, mac: '02:00:00:00:00:01' };
  const result = await container.add(configuration);
  t.deepEqual(result.interfaces, [
    { name: 'eth0', mac: '02:00:00:00:00:01', mtu: 1400, sandbox: container.netns },
  ]);
  t.deepEqual([result.ips, result.routes], [[], []]);
  const link = await linkOf(container);
  t.like(link, { mtu: 1400, txqlen: 200, address: '02:00:00:00:00:01', operstate: 'DOWN' });
  t.like(link, {
    linkinfo: { info_data: { user: 54321, group: 54322, multi_queue: true, persist: true } },
  });
  const shown = JSON.parse(await done('show', 'eth0', '--netns', container.netns, '--json')) as object;
  t.like(shown, { queues: 2, offloads: ['csum', 'tso4'] });
  await container.call('DEL', configuration);
  t.deepEqual([await container.interfaces(), runtimeEntries(workspace)], [[], []]);
});

test.serial(
  'a MAC address comes from runtimeConfig, else from CNI_ARGS, else from the network',
  async (t) => {
    const container = await Container.make(folder, 'addresses');
    const mac = (last: number) => `02:00:00:00:00:0${last}`;
    const all = { ...NETWORK, mac: mac(1), runtimeConfig: { mac: mac(3) } };
    const argument = { CNI_ARGS: `IgnoreUnknown=1;MAC=${mac(2)};K8S_POD_NAME=x` };
    const calls: readonly (readonly [
      expected: number,
      configuration: Configuration,
      variables?: Variables,
    ])[] = [
      [3, all, argument],
      [2, { ...all, runtimeConfig: {} }, argument],
      [1, { ...all, runtimeConfig: { mac: '' } }],
    ];
    for (const [expected, configuration, variables] of calls) {
      t.is((await container.add(configuration, variables)).interfaces[0]?.mac, mac(expected));
      await container.call('DEL', configuration);
    }
    const { interfaces } = await container.add({ ...NETWORK, mac: 'random' });
    t.regex(interfaces[0]!.mac, /^.[26ae]:/);
    await container.call('DEL', NETWORK);
  },
);

test.serial('keys of the reference plugin work under their names, in whatever case', async (t) => {
  const container = await Container.make(folder, 'reference');
  const context = 'system_u:system_r:container_t:s0';
  const configuration = {
    ...NETWORK,
    multiqueue: true,
    MTU: 1300,
    Mac: '02:00:00:00:00:05',
    Owner: 0,
    Group: 0,
  };
  await container.add({ ...configuration, args: { cni: {} }, ipMasq: false });
  t.like(await linkOf(container), { mtu: 1300, address: '02:00:00:00:00:05' });
  await container.call('DEL', configuration);
  // 0 is the kernel's own, as in Go an absent number is.
  await container.add({ ...NETWORK, mtu: 0, mac: '', bridge: '', selinuxContext: '' });
  t.like(await linkOf(container), { mtu: 1500 });
  await container.call('DEL', NETWORK);
  const answer = await container.call('ADD', { ...NETWORK, selinuxcontext: context });
  if (existsSync('/sys/fs/selinux/enforce')) t.like(answer.json, { code: 2 });
  else t.is(answer.code, 0);
  await container.call('DEL', NETWORK);
  for (const unsupported of [{ multiQueue: false }, { ipMasq: true }]) {
    const { json } = await container.call('ADD', { ...NETWORK, ...unsupported });
    t.like(json, { code: 2 });
    // "The error message must contain the key and value of the unsupported field."
    t.true((json as { msg: string }).msg.includes(JSON.stringify(unsupported)));
  }
  t.deepEqual([await container.interfaces(), runtimeEntries(workspace)], [[], []]);
});

test.serial('the device becomes a port of a bridge in the container', async (t) => {
  const container = await Container.make(folder, 'bridged');
  await container.namespace.run('ip', 'link', 'add', 'br0', 'type', 'bridge');
  const configuration = { ...NETWORK, bridge: 'br0' };
  const prevResult = await container.add(configuration);
  t.like(await linkOf(container), { master: 'br0' });
  t.is((await container.call('CHECK', { ...configuration, prevResult })).code, 0);
  await container.namespace.run('ip', 'link', 'set', 'eth0', 'nomaster');
  t.is(await container.refusal('CHECK', { ...configuration, prevResult }), 102);
  await container.call('DEL', configuration);
  for (const bridge of ['br1', 'lo']) t.is(await container.refusal('ADD', { ...NETWORK, bridge }), 7);
  t.deepEqual([await container.interfaces(), runtimeEntries(workspace)], [['br0'], []]);
});

test.serial('IPv6 addresses and routes with all of their members are what ip shows', async (t) => {
  const container = await Container.make(folder, 'routes');
  const ips = [
    { address: '192.0.2.2/24', gateway: '192.0.2.1' },
    { address: '2001:db8::2/64', gateway: '2001:db8::1' },
  ];
  const routes = [
    { dst: '0.0.0.0/0' },
    { dst: '::/0' },
    // The reference plugins accept bits behind the prefix.
    { dst: '198.51.100.7/24', gw: '192.0.2.9', mtu: 1400, advmss: 1300, priority: 7 },
    { dst: '203.0.113.0/24', gw: '192.0.2.9', table: 1000 },
    { dst: '192.0.2.128/25', scope: 253, gw: '192.0.2.9' },
  ];
  const { dst, gw } = { dst: '198.18.0.0/15', gw: '192.0.2.8' };
  const ipam = folder.recorded({ results: { ADD: { ips, routes: [...routes.slice(0, 4), { dst, gw }] } } });
  const configuration = { ...NETWORK, ipam };
  const prevResult = await container.add(configuration);
  t.deepEqual(prevResult.routes, [...routes.slice(0, 4), { dst, gw }]);
  const [address] = await container.ip('address', 'show', 'eth0');
  const locals = (address!.addr_info as { local: string }[]).map(({ local }) => local);
  t.true(locals.includes('192.0.2.2') && locals.includes('2001:db8::2'));
  t.like((await container.ip('route', 'show', 'default'))[0], { gateway: '192.0.2.1' });
  t.like((await container.ip('-6', 'route', 'show', 'default'))[0], { gateway: '2001:db8::1' });
  const [route] = await container.ip('route', 'show', '198.51.100.0/24');
  t.like(route, { gateway: '192.0.2.9', metric: 7 });
  t.deepEqual(route!.metrics, [{ mtu: 1400, advmss: 1300 }]);
  t.like((await container.ip('route', 'show', 'table', '1000'))[0], { dst: '203.0.113.0/24' });
  t.is((await container.call('CHECK', { ...configuration, prevResult })).code, 0);
  await container.namespace.run('ip', 'route', 'del', '198.18.0.0/15');
  t.is(await container.refusal('CHECK', { ...configuration, prevResult }), 102);
  await container.call('DEL', configuration);
  t.deepEqual([await container.interfaces(), runtimeEntries(workspace)], [[], []]);
});

test.serial('a default route of another network stays', async (t) => {
  const container = await Container.make(folder, 'two-networks');
  await container.namespace.run('ip', 'link', 'add', 'first', 'type', 'bridge');
  await container.namespace.run('ip', 'address', 'add', '203.0.113.2/24', 'dev', 'first');
  await container.namespace.run('ip', 'link', 'set', 'first', 'up');
  await container.namespace.run('ip', 'route', 'add', 'default', 'via', '203.0.113.1');
  const configuration = { ...NETWORK, ipam: folder.recorded() };
  const prevResult = await container.add(configuration);
  const routes = await container.ip('route', 'show', 'default');
  t.deepEqual(
    routes.map(({ dev }) => dev),
    ['first'],
  );
  t.is((await container.call('CHECK', { ...configuration, prevResult })).code, 0);
  await container.call('DEL', configuration);
});

test.serial('a holder in the container lends the queues until DEL', async (t) => {
  const container = await Container.make(folder, 'held');
  const configuration = { ...NETWORK, hold: true, queues: 4 };
  const prevResult = await container.add(configuration);
  const link = await linkOf(container);
  t.like(link, { operstate: 'UP', linkinfo: { info_data: { numqueues: 4 } } });
  t.is((await container.call('CHECK', { ...configuration, prevResult })).code, 0);
  const script = 'ls -l /proc/self/fd | grep -c net/tun';
  const lent = start(['lend', 'eth0', '--netns', container.netns, '--', 'sh', '-c', script]);
  t.is((await lent.ended()).stdout, '4\n');
  // The holder has none of the variables of the call: what it starts would think that it is a plugin.
  const [holder = ''] = processesIn(container.inode).filter((pid) => pid !== container.namespace.name);
  const environment = readFileSync(`/proc/${holder}/environ`, 'latin1');
  t.true(environment.includes('PATH=') && !environment.includes('CNI_'));
  await done('release', 'eth0', '--netns', container.netns);
  t.is(await container.refusal('CHECK', { ...configuration, prevResult }), 102);
  await container.call('DEL', configuration);
  await untilEmpty(container.inode, [container.namespace.name]);
  t.deepEqual([await container.interfaces(), runtimeEntries(workspace)], [[], []]);
});

/** The error of an ADD by root without any capability. */
async function unprivileged({
  variables,
}: Container): Promise<{ readonly code: number; readonly msg: string }> {
  const env = { CNI_COMMAND: 'ADD', CNI_PATH: folder.search, ...variables };
  const words = ['--inh-caps=-all', '--bounding-set=-all', folder.link];
  const { stdout } = await new RunningProcess('setpriv', words, {
    env,
    input: JSON.stringify(NETWORK),
  }).ended();
  return JSON.parse(stdout) as { code: number; msg: string };
}

test.serial('a mistake is refused with its code, and nothing is made', async (t) => {
  const container = await Container.make(folder, 'mistakes');
  const mistakes: readonly (readonly [code: number, configuration: Configuration])[] = [
    [1, { ...NETWORK, cniVersion: '0.2.0' }],
    [1, { ...NETWORK, cniVersion: '2.0.0' }],
    [1, { name: 'taps' }],
    [6, { ...NETWORK, cniVersion: 1 }],
    [7, { cniVersion: '1.1.0' }],
    [7, { ...NETWORK, name: 'two words' }],
    [7, { ...NETWORK, ipam: { type: '../host-local' } }],
    [6, { ...NETWORK, prevResult: { ips: [{}] } }],
    [6, { ...NETWORK, prevResult: 'none' }],
    ...[{ queues: 0 }, { queues: 129 }, { queues: '4' }, { mtu: 67 }, { mtu: 65_522 }, { txqueuelen: 0 }].map(
      (wrong) => [7, { ...NETWORK, ...wrong }] as const,
    ),
    ...[{ mac: 'x' }, { mac: '01:00:00:00:00:01' }, { owner: 'no-such-user' }, { owner: true }].map(
      (wrong) => [7, { ...NETWORK, ...wrong }] as const,
    ),
    ...[{ offloads: 'tso9' }, { offloads: 1 }, { hold: 'yes' }, { bridge: 1 }, { multiQueue: 1 }].map(
      (wrong) => [7, { ...NETWORK, ...wrong }] as const,
    ),
    ...[[], 'none', 1].map((dns) => [7, { ...NETWORK, dns }] as const),
  ];
  for (const [code, configuration] of mistakes)
    t.is(await container.refusal('ADD', configuration), code, JSON.stringify(configuration));
  const environments: readonly (readonly [verb: string, variables: Variables, name: string])[] = [
    ['ADD', { CNI_NETNS: '' }, 'CNI_NETNS'],
    ['ADD', { CNI_CONTAINERID: undefined, CNI_IFNAME: undefined }, 'CNI_CONTAINERID, CNI_IFNAME'],
    ['CHECK', { CNI_NETNS: undefined }, 'CNI_NETNS'],
    ['DEL', { CNI_CONTAINERID: '' }, 'CNI_CONTAINERID'],
    ['ADD', { CNI_NETNS: 'blue' }, 'CNI_NETNS'],
    ['DEL', { CNI_NETNS: '1234' }, 'CNI_NETNS'],
    ['GC', { CNI_PATH: '' }, 'CNI_PATH'],
    ['ADD', { CNI_CONTAINERID: '-a' }, 'CNI_CONTAINERID'],
    ['ADD', { CNI_IFNAME: 'sixteen-bytes-xx' }, 'CNI_IFNAME'],
    ['ADD', { CNI_IFNAME: 'a/b' }, 'CNI_IFNAME'],
    ['ADD', { CNI_IFNAME: 'tap%d' }, 'CNI_IFNAME'],
    ['UPDATE', {}, 'CNI_COMMAND'],
    ['', {}, 'CNI_COMMAND'],
  ];
  for (const [verb, variables, name] of environments) {
    const { code, json } = await container.call(verb, NETWORK, variables);
    t.not(code, 0);
    t.like(json, { code: 4 });
    t.true((json as { msg: string }).msg.includes(name), JSON.stringify(json));
  }
  for (const text of ['', '{', '[]', 'null', '"x"'])
    t.like((await folder.call('ADD', text, container.variables)).json, { code: 6 }, text);
  t.like((await container.call('ADD', NETWORK, { CNI_NETNS: '/proc/self/ns/nothing' })).json, {
    code: 3,
    details: 'CNI_NETNS has to be the absolute path of a network namespace',
  });
  t.like((await folder.call('ADD', { cniVersion: '1.1.0' }, container.variables)).json, {
    msg: 'cannot use "name": it is missing',
  });
  t.is(await container.refusal('ADD', NETWORK, { CNI_NETNS: '/etc/passwd' }), 3);
  // Without CAP_SYS_ADMIN: the container exists, so the runtime must clean up.
  const unable = await unprivileged(container);
  t.deepEqual([unable.code, unable.msg.includes('EPERM') || unable.msg.includes('EACCES')], [100, true]);
  t.is(await container.refusal('CHECK', NETWORK), 7);
  t.is(await container.refusal('GC', NETWORK), 7);
  t.is(await container.refusal('GC', { ...NETWORK, 'cni.dev/valid-attachments': [{}] }), 7);
  for (const verb of ['GC', 'STATUS'])
    t.is(await container.refusal(verb, { ...NETWORK, cniVersion: '1.0.0' }), 1);
  t.deepEqual([await container.interfaces(), runtimeEntries(workspace)], [[], []]);
});

test.serial(
  'without words and without CNI_COMMAND rtap prints its help, and with words it is no plugin',
  async (t) => {
    const plain = await folder.start('', '', { CNI_COMMAND: undefined }).ended();
    t.deepEqual([plain.code, plain.stdout], [1, '']);
    t.regex(plain.stderr, /Usage: rtap COMMAND/);
    const listed = start(['list', '--json'], { env: { CNI_COMMAND: 'ADD' } });
    t.is((await listed.ended()).stdout, '[]\n');
    const named = await start(['cni'], { env: { CNI_COMMAND: undefined } }).ended();
    t.like(JSON.parse(named.stdout), { code: 4 });
    t.deepEqual(readdirSync(join(folder.path)).sort(), ['ipam', 'rtap']);
  },
);

test.serial('STATUS reports that the machine is not able, with code 50', async (t) => {
  const unable = await folder.call('STATUS', NETWORK, { RTAP_RUNTIME_DIR: '/proc/1/fdinfo/none' });
  t.like(unable.json, { code: 50 });
  t.is((await folder.call('STATUS', NETWORK)).code, 0);
});
