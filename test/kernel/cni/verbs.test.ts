import test from 'ava';
import { serialIfAble } from '../able.js';
import { enterWorkspace, runtimeEntries } from '../workspace.js';
import { Container, missingPlugins, PluginFolder } from './plugin.js';
import { versionFaults } from './specification.js';

const workspace = enterWorkspace();
const folder = new PluginFolder(workspace);

const VERSIONS = ['0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0'];
/** Those that the plugins of Debian 12 know. */
const OLDER_VERSIONS = VERSIONS.filter((version) => version !== '1.1.0');

const NETWORK = { name: 'taps', type: 'rtap' };

test.serial('VERSION answers with what the specification says, with and without input', async (t) => {
  const { json, code, stderr } = await folder.call('VERSION', { cniVersion: '1.0.0' });
  t.deepEqual(versionFaults(json), []);
  t.deepEqual([json, code, stderr], [{ cniVersion: '1.0.0', supportedVersions: VERSIONS }, 0, '']);
  t.like((await folder.call('VERSION', '')).json, { cniVersion: '1.1.0' });
  // The library of the runtimes calls it with such variables.
  const dummies = { CNI_CONTAINERID: '', CNI_NETNS: 'dummy', CNI_IFNAME: 'dummy', CNI_PATH: 'dummy' };
  t.deepEqual((await folder.call('VERSION', { cniVersion: '1.0.0' }, dummies)).json, json);
  // It speaks to a runtime that is newer than it.
  t.like((await folder.call('VERSION', { cniVersion: '9.9.9' })).json, { cniVersion: '9.9.9' });
});

for (const cniVersion of OLDER_VERSIONS)
  serialIfAble(missingPlugins)(
    `a container gets a device with an address of host-local, by version ${cniVersion}`,
    async (t) => {
      const configuration = { ...NETWORK, cniVersion, ipam: folder.hostLocal() };
      const container = await Container.make(folder, `container-${cniVersion}`);
      const result = await container.add(configuration);
      const [link] = await container.ip('link', 'show', 'eth0');
      t.like(link, {
        mtu: 1500,
        linkinfo: { info_kind: 'tun', info_data: { type: 'tap', multi_queue: true } },
      });
      t.like(link, { linkinfo: { info_data: { persist: true, vnet_hdr: true, user: 'root' } } });
      t.true((link!.flags as string[]).includes('UP'));
      t.deepEqual(result.interfaces, [
        { name: 'eth0', mac: String(link!.address), sandbox: container.netns },
      ]);
      const [{ address = '', gateway } = { address: '' }] = result.ips;
      t.is(gateway, '192.0.2.1');
      const [shown] = await container.ip('address', 'show', 'eth0');
      t.is((shown!.addr_info as { local: string }[])[0]?.local, address.replace('/24', ''));
      t.like((await container.ip('route', 'show', 'default'))[0], { gateway, dev: 'eth0' });
      const checked = await container.call('CHECK', { ...configuration, prevResult: result });
      if (cniVersion.startsWith('0.3')) t.like(checked.json, { code: 1 });
      else t.deepEqual([checked.code, checked.stdout], [0, '']);
      // Twice, with and without the result of ADD.
      for (const prevResult of [result, undefined]) {
        const deleted = await container.call('DEL', { ...configuration, prevResult });
        t.deepEqual([deleted.code, deleted.stdout, deleted.stderr], [0, '', '']);
        t.deepEqual(await container.interfaces(), []);
        t.deepEqual([runtimeEntries(workspace), folder.reservations()], [[], []]);
      }
    },
  );

test.serial(
  'the plugin for addresses gets each verb with the environment and the configuration of rtap',
  async (t) => {
    const configuration = {
      ...NETWORK,
      cniVersion: '1.1.0',
      ipam: folder.recorded(),
      keyA: ['passed', 'on'],
    };
    const container = await Container.make(folder, 'delegating');
    const result = await container.add(configuration, { CNI_ARGS: 'FOO=BAR' });
    t.like(result, { interfaces: [{ mtu: 1500 }], ips: [{ address: '192.0.2.2/24', interface: 0 }] });
    const withResult = { ...configuration, prevResult: result };
    t.is((await container.call('CHECK', withResult)).code, 0);
    t.deepEqual(await folder.call('STATUS', configuration).then(({ code, stdout }) => [code, stdout]), [
      0,
      '',
    ]);
    const valid = [{ containerID: container.id, ifname: 'eth0' }];
    const collecting = { ...configuration, 'cni.dev/valid-attachments': valid };
    t.deepEqual(await folder.call('GC', collecting).then(({ code, stdout }) => [code, stdout]), [0, '']);
    t.deepEqual(await container.interfaces(), ['eth0']);
    t.is((await container.call('DEL', withResult)).code, 0);
    const calls = folder.takeCalls();
    t.deepEqual(
      calls.map(({ verb }) => verb),
      ['ADD', 'CHECK', 'STATUS', 'GC', 'DEL'],
    );
    const variables = { ...container.variables, CNI_PATH: folder.search };
    for (const call of [calls[0], calls[1], calls[4]]) t.like(call, variables);
    t.is(calls[0]!.CNI_ARGS, 'FOO=BAR');
    t.deepEqual(
      calls.map((call) => call.configuration),
      [configuration, withResult, configuration, collecting, withResult],
    );
    // It runs in the network namespace of the runtime.
    t.true(calls.every(({ netns }) => netns !== container.inode));
    t.deepEqual(runtimeEntries(workspace), []);
  },
);

test.serial('an error of the plugin for addresses comes through, and nothing is left', async (t) => {
  const full = { code: 11, msg: 'no address left', details: 'the range has 0' };
  const configuration = { ...NETWORK, cniVersion: '1.1.0', ipam: folder.recorded({ errors: { ADD: full } }) };
  const container = await Container.make(folder, 'refused');
  const { code, json } = await container.call('ADD', configuration);
  t.not(code, 0);
  t.like(json, { cniVersion: '1.1.0', code: 11, details: 'the range has 0' });
  t.true((json as { msg: string }).msg.endsWith('no address left'));
  // As the specification says, it gets DEL after an ADD that failed.
  t.deepEqual(
    folder.takeCalls().map(({ verb }) => verb),
    ['ADD', 'DEL'],
  );
  t.deepEqual([await container.interfaces(), runtimeEntries(workspace)], [[], []]);
  for (const [verb, error] of [
    ['STATUS', { code: 50, msg: 'no daemon' }],
    ['GC', { code: 150, msg: 'no' }],
    ['DEL', 'no JSON'],
  ] as const) {
    const ipam = folder.recorded({ errors: { [verb]: error } });
    const refused = { ...configuration, ipam, 'cni.dev/valid-attachments': [] };
    t.is(await container.refusal(verb, refused), typeof error === 'string' ? 103 : error.code, verb);
  }
  t.is(await container.refusal('ADD', { ...configuration, ipam: { type: 'missing' } }), 103);
  t.deepEqual([await container.interfaces(), runtimeEntries(workspace)], [[], []]);
});

test.serial('a chained plugin appends to the result before it', async (t) => {
  const prevResult = {
    cniVersion: '1.1.0',
    interfaces: [{ name: 'veth1', mac: '02:00:00:00:00:09' }],
    ips: [{ address: '198.51.100.2/24', interface: 0 }],
    routes: [{ dst: '198.51.100.0/24' }],
    dns: { nameservers: ['198.51.100.1'] },
  };
  const container = await Container.make(folder, 'chained');
  const configuration = { ...NETWORK, cniVersion: '1.1.0', ipam: folder.recorded(), prevResult };
  const result = await container.add(configuration);
  t.deepEqual(
    result.interfaces.map(({ name }) => name),
    ['veth1', 'eth0'],
  );
  t.deepEqual(result.ips, [
    { address: '198.51.100.2/24', interface: 0 },
    { address: '192.0.2.2/24', gateway: '192.0.2.1', interface: 1 },
  ]);
  t.deepEqual(
    result.routes.map(({ dst }) => dst),
    ['198.51.100.0/24', '0.0.0.0/0'],
  );
  t.deepEqual(result.dns, prevResult.dns);
  await container.call('DEL', configuration);
  const own = { nameservers: ['203.0.113.1'], search: ['example.org'] };
  t.deepEqual((await container.add({ ...configuration, ipam: {}, dns: own })).dns, own);
  await container.call('DEL', { ...configuration, ipam: {} });
  t.deepEqual(runtimeEntries(workspace), []);
});
