import { existsSync } from 'node:fs';
import test from 'ava';
import { ip } from '../../netlink/iproute2.js';
import { done, refusal, run, start } from '../command.js';
import { findIpLink, ipLink } from '../ip-link.js';
import { deviceFolder, enterWorkspace } from '../workspace.js';

const workspace = enterWorkspace();

test('persist off removes a device without a holder, and prints that', async (t) => {
  await done('create', 'off0', '--persist');
  const folder = deviceFolder(workspace, ipLink('off0').ifindex);
  const { code, stdout, stderr } = await run('persist', 'off0', 'off');
  t.deepEqual([code, stdout], [0, '']);
  t.is(stderr, 'persist: off0 had no users, so the kernel removed it\n');
  t.is(findIpLink('off0'), undefined);
  t.false(existsSync(folder));
});

test('persist on keeps a device after its holder has ended, and off removes it', async (t) => {
  const holder = start(['create', 'held0', '--queues', '2']);
  await holder.waitFor(/ready/);
  t.false(ipLink('held0').linkinfo.info_data.persist);
  const on = await run('persist', 'held0', 'on');
  t.deepEqual([on.code, on.stderr], [0, ''], 'its holder does it');
  t.true(ipLink('held0').linkinfo.info_data.persist);
  t.is(ipLink('held0').linkinfo.info_data.numqueues, 2);
  await holder.stop();
  t.truthy(findIpLink('held0'));
  await run('persist', 'held0', 'off');
  t.is(findIpLink('held0'), undefined);
});

test('persist off prints no removal while a process holds the device', async (t) => {
  await done('create', 'stay0', '--persist');
  const holder = start(['rx-dump', 'stay0']);
  await holder.waitFor(/listening/, 'stderr');
  const { code, stderr } = await run('persist', 'stay0', 'off');
  t.deepEqual([code, stderr], [0, '']);
  t.false(ipLink('stay0').linkinfo.info_data.persist);
  await holder.stop();
  t.is(findIpLink('stay0'), undefined);
});

test('persist keeps the flags of a device that another program made', async (t) => {
  ip('tuntap add dev pi0 mode tap pi', 'tuntap add dev plain0 mode tap multi_queue');
  for (const name of ['pi0', 'plain0']) {
    const before = ipLink(name).linkinfo.info_data;
    t.is((await run('persist', name, 'on')).code, 0);
    t.deepEqual(ipLink(name).linkinfo.info_data, before);
  }
});

test('persist takes on and off, and nothing else', async (t) => {
  await done('create', 'word0', '--persist');
  const [code, message] = await refusal('persist', 'word0', 'yes');
  t.deepEqual([code, message], [1, 'rtap: cannot read persistence "yes": wanted on or off']);
  const [missing, argument] = await refusal('persist', 'word0');
  t.deepEqual([missing, argument], [1, 'rtap: cannot read argument "on|off": it is missing']);
  t.is((await refusal('persist', 'absent0', 'on'))[0], 2);
  t.truthy(findIpLink('word0'));
});
