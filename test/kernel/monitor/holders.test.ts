import { statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { Links } from '../../../src/netlink/links.js';
import { HolderClient } from '../../../src/tap/lease/holder-client.js';
import { ip } from '../../netlink/iproute2.js';
import { done, start } from '../command.js';
import { eventually } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import { deviceFolder, enterWorkspace } from '../workspace.js';

const workspace = enterWorkspace();

const LONG_AGO_S = 1;

test.serial('monitor prints when a holder and its users come and go, for every kind of end', async (t) => {
  await done('create', 'held0', '--persist', '--up');
  const monitor = start(['monitor', 'held0']);
  await monitor.waitFor(/watching held0\n/, 'stderr');
  const holder = start(['hold', 'held0']);
  await monitor.waitFor(new RegExp(`held0: held by rtap \\(pid ${holder.pid}\\)\n`));

  using links = Links.open();
  const client = HolderClient.find(links.byName('held0')!, 'read')!;
  const { descriptors } = client.lease([1, 2], { share: false, command: 'reader' });
  const lease = `held0: queues 1-2 read by reader \\(pid ${process.pid}\\)`;
  await monitor.waitFor(new RegExp(`${lease}\n`));
  // --initial prints what is there at the beginning.
  const late = start(['monitor', 'held0', '--initial']);
  const held = `held by rtap \\(pid ${holder.pid}\\)`;
  await late.waitFor(new RegExp(`held0: present, .*, ${held}, ${lease.replace('held0: ', '')}\n`));
  const known = start(['monitor', 'held0', '--initial', '--json']);
  await known.waitFor(/\n/);
  const [present] = known.stdout.split('\n');
  t.like(JSON.parse(present!), {
    event: 'present',
    new: {
      holder: { pid: holder.pid, command: 'rtap' },
      leases: [{ pid: process.pid, command: 'reader', queues: [1, 2] }],
    },
  });
  await known.stop();
  for (const descriptor of descriptors) descriptor[Symbol.dispose]();
  client[Symbol.dispose]();
  await monitor.waitFor(new RegExp(`${lease.replace(' read by', ' no longer read by')}\n`));
  // A lease that was printed as present ends once.
  await late.waitFor(new RegExp(`${lease.replace(' read by', ' no longer read by')}\n`));
  t.is((await late.stop()).stdout.match(/ held by /g)?.length, 1);

  holder.signal('SIGKILL');
  await holder.ended();
  await monitor.waitFor(/held0: no longer held by rtap \(pid \d+\)\n/);
  const { code, stdout } = await monitor.stop();
  t.is(code, 0);
  t.is(stdout.match(/ held by /g)?.length, 2);
});

test.serial(
  'a holder touches its lock file when a lease begins and ends, so that a watcher sees it',
  async (t) => {
    await done('create', 'held2', '--persist');
    const holder = start(['hold', 'held2']);
    await holder.waitFor(/ready/);
    const lock = join(deviceFolder(workspace, ipLink('held2').ifindex), 'holder.lock');
    const touched = async (what: string) => {
      await eventually(() => statSync(lock).mtimeMs > LONG_AGO_S * 1000, what);
      utimesSync(lock, LONG_AGO_S, LONG_AGO_S);
    };
    utimesSync(lock, LONG_AGO_S, LONG_AGO_S);
    using links = Links.open();
    const client = HolderClient.find(links.byName('held2')!, 'read')!;
    const { descriptors } = client.lease([0], { share: false, command: 'reader' });
    await touched('a lease');
    for (const descriptor of descriptors) descriptor[Symbol.dispose]();
    client[Symbol.dispose]();
    await touched('its end');
    // A process that only asks changes nothing.
    HolderClient.find(links.byName('held2')!, 'show')![Symbol.dispose]();
    t.is((await done('show', 'held2')).match(/held by/g)?.length, 1);
    t.is(statSync(lock).mtimeMs, LONG_AGO_S * 1000);
    await holder.stop();
  },
);

test.serial('monitor prints a holder when the device is down and has no folder yet', async (t) => {
  ip('tuntap add bare0 mode tap multi_queue');
  const monitor = start(['monitor', 'bare0']);
  await monitor.waitFor(/watching bare0\n/, 'stderr');
  const holder = start(['hold', 'bare0']);
  await monitor.waitFor(new RegExp(`bare0: held by rtap \\(pid ${holder.pid}\\)\n`));
  await holder.stop();
  await monitor.waitFor(/bare0: no longer held by rtap \(pid \d+\)\n/);
  t.is((await monitor.stop()).code, 0);
});

test.serial('a stopped holder does not stop monitor', async (t) => {
  await done('create', 'held1', '--persist', '--up');
  const holder = start(['hold', 'held1']);
  await holder.waitFor(/ready/);
  holder.signal('SIGSTOP');
  const monitor = start(['monitor', 'held1', '--initial']);
  await monitor.waitFor(/held1: present/);
  await done('mtu', 'held1', '1400');
  await monitor.waitFor(/held1: mtu 1500 -> 1400\n/);
  holder.signal('SIGCONT');
  await monitor.waitFor(/held1: held by rtap \(pid \d+\)\n/);
  t.is((await monitor.stop()).code, 0);
  await holder.stop();
});
