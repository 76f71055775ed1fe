import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { eventually } from '../deadline.js';
import { enterWorkspace, runtimeEntries } from '../workspace.js';
import { Container, PluginFolder, processesIn, untilEmpty } from './plugin.js';

const workspace = enterWorkspace();
const folder = new PluginFolder(workspace);

const NETWORK = { cniVersion: '1.1.0', name: 'taps', type: 'rtap' };
const HELD = { ...NETWORK, hold: true };

/** The network with the attachments that are still valid, as GC gets it. */
function collecting(network: object, ...valid: readonly Container[]) {
  const attachments = valid.map(({ id }) => ({ containerID: id, ifname: 'eth0' }));
  return { ...network, 'cni.dev/valid-attachments': attachments };
}

/** The process in the container that is not the container's own: its holder. */
function holderIn(container: Container): string | undefined {
  return processesIn(container.inode).find((pid) => pid !== container.namespace.name);
}

test.serial('DEL ends the holder when the path of the namespace is gone', async (t) => {
  for (const variables of [{}, { CNI_NETNS: '' }, { CNI_NETNS: '/run/netns/never' }]) {
    const container = await Container.make(folder, 'gone');
    const { inode } = container;
    const call = { ...container.variables, ...variables };
    await container.add(HELD);
    await container.namespace.end();
    // The holder alone keeps the namespace.
    t.is(processesIn(inode).length, 1);
    const { code, stdout, stderr } = await folder.call('DEL', HELD, call);
    t.deepEqual([code, stdout, stderr], [0, '', '']);
    await untilEmpty(inode);
    t.deepEqual(runtimeEntries(workspace), []);
    t.is((await folder.call('DEL', HELD, call)).code, 0);
  }
});

test.serial('DEL removes the state of a namespace that is gone with its device', async (t) => {
  const container = await Container.make(folder, 'gone');
  await container.add(NETWORK);
  const call = container.variables;
  await container.namespace.end();
  t.not(runtimeEntries(workspace).length, 0);
  t.is((await folder.call('DEL', NETWORK, call)).code, 0);
  t.deepEqual(runtimeEntries(workspace), []);
});

test.serial('DEL succeeds though the holder was killed or does not answer', async (t) => {
  for (const signal of ['SIGKILL', 'SIGSTOP'] as const) {
    const container = await Container.make(folder, signal);
    await container.add(HELD);
    const holder = Number(holderIn(container));
    process.kill(holder, signal);
    t.is((await container.call('DEL', HELD)).code, 0);
    t.deepEqual([await container.interfaces(), runtimeEntries(workspace)], [[], []], signal);
    if (signal === 'SIGSTOP') process.kill(holder, 'SIGCONT');
    await untilEmpty(container.inode, [container.namespace.name]);
    t.deepEqual(runtimeEntries(workspace), [], signal);
  }
});

test.serial('DEL finds a device that was renamed in the container', async (t) => {
  const container = await Container.make(folder, 'renamed');
  await container.add(NETWORK);
  await container.namespace.run('ip', 'link', 'set', 'eth0', 'name', 'net1');
  await container.call('DEL', NETWORK);
  t.deepEqual([await container.interfaces(), runtimeEntries(workspace)], [[], []]);
});

test.serial('an interface of another program stays when ADD finds it and DEL follows', async (t) => {
  for (const words of ['tuntap add eth0 mode tap multi_queue', 'link add eth0 type bridge']) {
    const container = await Container.make(folder, 'taken');
    await container.namespace.run('ip', ...words.split(' '));
    t.is(await container.refusal('ADD', NETWORK), 101);
    t.is((await container.call('DEL', NETWORK)).code, 0);
    t.deepEqual([await container.interfaces(), runtimeEntries(workspace)], [['eth0'], []]);
  }
});

test.serial('an IPAM plugin that does not speak the version is named, and nothing is left', async (t) => {
  const container = await Container.make(folder, 'older');
  const configuration = { ...NETWORK, ipam: folder.recorded({ versions: ['0.4.0', '1.0.0'] }) };
  for (const verb of ['ADD', 'STATUS', 'GC']) {
    const { json } = await container.call(verb, { ...configuration, 'cni.dev/valid-attachments': [] });
    t.like(json, {
      code: 1,
      msg: `cannot run "${verb}" of IPAM plugin "ipam": it does not speak "cniVersion" "1.1.0"`,
      details: 'set "cniVersion" to one that it speaks: 0.4.0, 1.0.0',
    });
    t.deepEqual([await container.interfaces(), runtimeEntries(workspace)], [[], []]);
  }
  t.is((await container.call('DEL', configuration)).code, 0);
  // An address that was reserved with another version is still reserved.
  await container.add({ ...configuration, cniVersion: '1.0.0' });
  t.is(await container.refusal('DEL', configuration), 1);
  t.is((await container.call('DEL', { ...configuration, cniVersion: '1.0.0' })).code, 0);
  t.deepEqual([await container.interfaces(), runtimeEntries(workspace)], [[], []]);
});

test.serial('nothing is left when the path of the namespace goes during ADD', async (t) => {
  const container = await Container.make(folder, 'unreachable');
  const path = join(workspace.directory, 'netns');
  symlinkSync(container.netns, path);
  const configuration = { ...NETWORK, ipam: folder.recorded({ removes: path }) };
  t.is(await container.refusal('ADD', configuration, { CNI_NETNS: path }), 3);
  t.deepEqual([await container.interfaces(), runtimeEntries(workspace)], [[], []]);
});

test.serial('an ADD that fails and cannot clean up reports why it failed', async (t) => {
  const container = await Container.make(folder, 'first-error');
  const directory = join(workspace.directory, 'other-runtime');
  const errors = { ADD: { code: 11, msg: 'no address left' } };
  const configuration = { ...NETWORK, ipam: folder.recorded({ removes: directory, errors }) };
  t.is(await container.refusal('ADD', configuration, { RTAP_RUNTIME_DIR: directory }), 11);
  t.deepEqual(await container.interfaces(), []);
});

test.serial('a second ADD leaves the first one alone', async (t) => {
  const container = await Container.make(folder, 'twice');
  const prevResult = await container.add(HELD);
  t.like((await container.call('ADD', HELD)).json, {
    code: 101,
    msg: 'cannot create "eth0": this attachment is there already',
    details: 'run DEL before another ADD',
  });
  t.is((await container.call('CHECK', { ...HELD, prevResult })).code, 0);
  await container.call('DEL', HELD);
  await untilEmpty(container.inode, [container.namespace.name]);
  t.deepEqual([await container.interfaces(), runtimeEntries(workspace)], [[], []]);
});

test.serial(
  'an ADD in another namespace without a DEL between removes the device of the first',
  async (t) => {
    const first = await Container.make(folder, 'restarted');
    const second = await Container.make(folder, 'restarted');
    await first.add(HELD);
    const prevResult = await second.add(HELD);
    await untilEmpty(first.inode, [first.namespace.name]);
    t.deepEqual(await first.interfaces(), []);
    t.is((await second.call('CHECK', { ...HELD, prevResult })).code, 0);
    await second.call('DEL', HELD);
    await untilEmpty(second.inode, [second.namespace.name]);
    t.deepEqual([await second.interfaces(), runtimeEntries(workspace)], [[], []]);
  },
);

test.serial('two networks of a container do not touch each other', async (t) => {
  const container = await Container.make(folder, 'two');
  const other = { ...HELD, name: 'others' };
  await container.add(HELD);
  await container.add(other, { CNI_IFNAME: 'net1' });
  await container.call('DEL', HELD);
  t.deepEqual(await container.interfaces(), ['net1']);
  await folder.call('GC', collecting(NETWORK));
  t.deepEqual(await container.interfaces(), ['net1']);
  await container.call('DEL', other, { CNI_IFNAME: 'net1' });
  await untilEmpty(container.inode, [container.namespace.name]);
  t.deepEqual([await container.interfaces(), runtimeEntries(workspace)], [[], []]);
});

test.serial('GC removes what is not listed, and nothing else', async (t) => {
  const network = { ...HELD, ipam: folder.recorded() };
  const made = [];
  for (const id of ['valid', 'stale', 'gone']) made.push(await Container.make(folder, id));
  const [valid, stale, gone] = made as [Container, Container, Container];
  for (const container of made) await container.add(network);
  const goneInode = gone.inode;
  await gone.namespace.end();
  folder.takeCalls();
  const { code, stdout } = await folder.call('GC', collecting(network, valid));
  t.deepEqual([code, stdout], [0, '']);
  t.deepEqual([await valid.interfaces(), await stale.interfaces()], [['eth0'], []]);
  await untilEmpty(goneInode);
  await untilEmpty(stale.inode, [stale.namespace.name]);
  // The plugin for addresses gives back what is stale one by one, also if it does not know GC.
  const calls = folder.takeCalls();
  t.deepEqual(calls.map(({ verb, CNI_CONTAINERID: id }) => (verb === 'DEL' ? `DEL ${id}` : verb)).sort(), [
    'DEL gone',
    'DEL stale',
    'GC',
  ]);
  t.is((await folder.call('GC', collecting(network))).code, 0);
  t.deepEqual([await valid.interfaces(), runtimeEntries(workspace)], [[], []]);
  t.is((await folder.call('GC', collecting(network))).code, 0);
});

test.serial('GC goes on behind an error and reports it, and the next GC finishes', async (t) => {
  const refusing = { ...NETWORK, ipam: folder.recorded({ errors: { DEL: { code: 120, msg: 'busy' } } }) };
  const containers = [await Container.make(folder, 'one'), await Container.make(folder, 'two')];
  for (const container of containers) await container.add(refusing);
  const { json, stderr } = await folder.call('GC', collecting(refusing));
  t.like(json, { code: 120 });
  t.is(stderr.trim().split('\n').length, 2);
  for (const container of containers) t.deepEqual(await container.interfaces(), []);
  t.is(runtimeEntries(workspace).length, 2);
  t.is((await folder.call('GC', collecting({ ...NETWORK, ipam: folder.recorded() }))).code, 0);
  t.deepEqual(runtimeEntries(workspace), []);
});

test.serial(
  'DEL and GC remove what an ADD left that was killed while it waited for an address',
  async (t) => {
    const network = { ...NETWORK, ipam: folder.recorded({ hang: 'ADD' }) };
    folder.takeCalls();
    for (const verb of ['DEL', 'GC']) {
      const container = await Container.make(folder, 'killed');
      const adding = folder.start('ADD', network, container.variables);
      await eventually(
        () => folder.takeCalls().length > 0,
        () => `the call of the plugin for addresses\n${adding.stderr}`,
      );
      t.deepEqual(await container.interfaces(), ['eth0']);
      await adding.stop('SIGKILL');
      t.not(runtimeEntries(workspace).length, 0);
      const call = verb === 'DEL' ? container.call('DEL', network) : folder.call('GC', collecting(network));
      t.is((await call).code, 0);
      t.deepEqual([await container.interfaces(), runtimeEntries(workspace)], [[], []]);
      folder.takeCalls();
    }
  },
);

test.serial('DEL and GC remove files that a killed process left half written', async (t) => {
  const container = await Container.make(folder, 'half');
  await container.add(NETWORK);
  const [record = ''] = runtimeEntries(workspace).filter((name) => name.startsWith('cni-'));
  for (const verb of ['DEL', 'GC']) {
    mkdirSync(workspace.runtime, { recursive: true });
    for (const half of [`${record}.0123456789ab`, ...(verb === 'GC' ? [record] : [])])
      writeFileSync(join(workspace.runtime, half), '{"containerId":');
    const call = verb === 'DEL' ? container.call('DEL', NETWORK) : folder.call('GC', collecting(NETWORK));
    t.is((await call).code, 0);
    t.deepEqual(runtimeEntries(workspace), [], verb);
  }
});
