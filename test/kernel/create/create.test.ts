import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { ip } from '../../netlink/iproute2.js';
import { done, json, run, runWith, start } from '../command.js';
import { findIpLink, ipLink, ipLinks } from '../ip-link.js';
import { deviceFolder, enterWorkspace } from '../workspace.js';

const workspace = enterWorkspace();

test('create makes a persistent multi-queue TAP with virtio-net header, and returns', async (t) => {
  t.is(await done('create', '--iface', 'plain0', '--persist'), '');
  const link = ipLink('plain0');
  t.like(link.linkinfo, {
    info_kind: 'tun',
    info_data: { type: 'tap', pi: false, vnet_hdr: true, multi_queue: true, persist: true },
  });
  t.like(link, { mtu: 1500, txqlen: 1000, flags: ['BROADCAST', 'MULTICAST'] });
  t.is(link.linkinfo.info_data.numqueues ?? 0, 0);
  t.is((await json('show', 'plain0')).queues, 4);
});

test('create applies every option when it makes the device', async (t) => {
  const words = [
    '--queues',
    '2',
    '--mac',
    '02:00:00:00:00:0a',
    '--mtu',
    '9000',
    '--txqueuelen',
    '77',
    '--up',
  ];
  await done('create', 'all0', '--persist', ...words, '--owner', '1000', '--group', '100');
  const link = ipLink('all0');
  t.like(link, { address: '02:00:00:00:00:0a', mtu: 9000, txqlen: 77 });
  t.true(link.flags.includes('UP'));
  const { user, group } = link.linkinfo.info_data;
  t.deepEqual(
    [await json('show', 'all0').then(({ queues, user, group }) => [queues, user, group])],
    [[2, 1000, 100]],
  );
  t.truthy(user);
  t.truthy(group);
});

test('create gives the device a valid address when --mac says random', async (t) => {
  await done('create', 'random0', '--persist', '--mac', 'random');
  t.is(Number.parseInt(ipLink('random0').address.slice(0, 2), 16) & 3, 2);
});

test('create takes the device as --iface, -i, dev or alone', async (t) => {
  await Promise.all([
    done('create', '--iface', 'named0', '--persist'),
    done('create', '--persist', '--iface=named1'),
    done('create', '--persist', '-i', 'named2'),
    done('create', 'dev', 'named3', '--persist'),
    done('create', 'named4', '--persist'),
  ]);
  for (let number = 0; number < 5; number++) t.truthy(findIpLink(`named${number}`), `named${number}`);
});

test.serial('create prints the name that the kernel chose when the name holds %d', async (t) => {
  await done('create', 'many0', '--persist');
  t.is(await done('create', 'many%d', '--persist'), 'many1\n');
  t.is(await done('create', '--persist', 'x%dy'), 'x0y\n');
  t.deepEqual(Object.keys(await json('create', 'many%d', '--persist')), ['ifname', 'ifindex', 'queues']);
  t.deepEqual(
    ipLinks()
      .map((link) => link.ifname)
      .filter((name) => /^(many|x\d)/.test(name)),
    ['many0', 'many1', 'x0y', 'many2'],
  );
});

test('create --json prints name, index and queues', async (t) => {
  const created = await json('create', 'json0', '--persist', '--queues', '3');
  t.deepEqual(created, { ifname: 'json0', ifindex: ipLink('json0').ifindex, queues: 3 });
});

test('create makes the caller the owner unless told otherwise', async (t) => {
  await done('create', 'mine0', '--persist');
  t.is(ipLink('mine0').linkinfo.info_data.user, 'root');
  t.is(ipLink('mine0').linkinfo.info_data.group, undefined);
  await done('create', 'theirs0', '--persist', '--owner', 'nobody');
  t.is(ipLink('theirs0').linkinfo.info_data.user, 'nobody');
  t.is(statSync(deviceFolder(workspace, ipLink('theirs0').ifindex)).uid, 65534);
});

test('create warns when a device that another program made has no owner, and does not change that', async (t) => {
  ip('tuntap add dev open0 mode tap multi_queue');
  const words = ['create', 'open0', '--persist', '--exist-ok'];
  const { code, stderr } = await run(...words);
  const warning =
    'rtap: warning: open0 has no owner and no group: every user that can open /dev/net/tun can use it (restrict it with --owner or --group)\n';
  t.deepEqual([code, stderr], [0, warning]);
  t.is(ipLink('open0').linkinfo.info_data.user, undefined);
  t.deepEqual((await run(...words, '--owner', 'root')).stderr.split('\n'), ['']);
  t.is(ipLink('open0').linkinfo.info_data.user, 'root');
});

test('create leaves the owner unset when only a group is given', async (t) => {
  await done('create', 'grouped0', '--persist', '--group', 'daemon');
  const { user, group } = ipLink('grouped0').linkinfo.info_data;
  t.deepEqual([user, group], [undefined, 'daemon']);
  const folder = statSync(deviceFolder(workspace, ipLink('grouped0').ifindex));
  t.deepEqual([folder.gid, folder.mode & 0o777], [1, 0o775]);
});

test('create makes 1 and 128 queues', async (t) => {
  await done('create', 'one0', '--persist', '--queues', '1');
  await done('create', 'most0', '--persist', '--queues', '128');
  t.is((await json('show', 'one0')).queues, 1);
  t.is((await json('show', 'most0')).queues, 128);
});

test('create --exist-ok applies the settings to an existing device', async (t) => {
  const words = ['create', 'exist0', '--persist', '--exist-ok'];
  await done(...words, '--queues', '3');
  const { ifindex, address } = ipLink('exist0');
  await done(...words, '--mtu', '1400', '--up', '--owner', 'nobody', '--txqueuelen', '50');
  const link = ipLink('exist0');
  t.like(link, { ifindex, address, mtu: 1400, txqlen: 50 });
  t.is(link.linkinfo.info_data.user, 'nobody');
  t.true(link.flags.includes('UP'));
  t.is((await json('show', 'exist0')).queues, 3);
  await done(...words, '--queues', '2');
  t.is((await json('show', 'exist0')).queues, 2);
});

test('create --exist-ok takes over a device that ip made', async (t) => {
  ip('tuntap add dev foreign0 mode tap multi_queue');
  t.is(await done('create', 'foreign0', '--persist', '--exist-ok'), '');
  t.is((await json('show', 'foreign0')).queues, 4);
});

test('create removes what an older device of the same index left behind', async (t) => {
  await done('create', 'gone0', '--persist', '--queues', '7');
  const folder = deviceFolder(workspace, ipLink('gone0').ifindex);
  t.true(existsSync(folder));
  ip('link del gone0');
  await done('create', 'next0', '--persist');
  t.false(existsSync(folder));
});

test.serial(
  'create remembers the queues of devices that several processes make at once, in a new folder',
  async (t) => {
    const runtime = join(workspace.directory, 'at-once');
    const numbers = Array.from({ length: 8 }, (_, number) => number);
    const env = { RTAP_RUNTIME_DIR: runtime };
    const made = numbers.map((number) =>
      start(['create', `once${number}`, '--persist', '--queues', '3'], { env }),
    );
    for (const { code, stderr } of await Promise.all(made.map((process) => process.ended()))) {
      t.deepEqual([code, stderr], [0, '']);
    }
    const { stdout } = await runWith({ env }, 'list', '--json');
    const devices = JSON.parse(stdout) as { ifname: string; queues: number | null }[];
    const queues = devices.filter(({ ifname }) => ifname.startsWith('once')).map((device) => device.queues);
    t.deepEqual(queues, Array(8).fill(3));
  },
);
