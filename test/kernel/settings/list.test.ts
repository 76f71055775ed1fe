import test from 'ava';
import { ip } from '../../netlink/iproute2.js';
import { done, json, runProcess, start } from '../command.js';
import { ipLink } from '../ip-link.js';
import { enterWorkspace } from '../workspace.js';

enterWorkspace();

const KEYS = [
  'ifname',
  'ifindex',
  'flags',
  'mtu',
  'operstate',
  'master',
  'address',
  'ifalias',
  'altnames',
  'queues',
  'numqueues',
  'persist',
  'age',
  'holder',
];

test.serial('list prints nothing, and an empty array, when there is no TAP', async (t) => {
  ip('link add br0 type bridge', 'tuntap add dev tun0 mode tun');
  t.is(await done('list'), '');
  t.deepEqual(await json<unknown[]>('list'), []);
});

test.serial('list prints what ip prints for every TAP, in the order of their indices', async (t) => {
  await done('create', 'zz0', '--persist', '--mtu', '1400', '--queues', '2');
  ip('tuntap add dev aa0 mode tap', 'link set aa0 up');
  const holder = start(['create', 'held0', '--up']);
  await holder.waitFor(/ready/);
  const devices = await json<Record<string, unknown>[]>('list');
  t.deepEqual(
    devices.map(({ ifname }) => ifname),
    ['zz0', 'aa0', 'held0'],
  );
  for (const device of devices) {
    t.deepEqual(Object.keys(device), KEYS);
    const { ifindex, flags, mtu, operstate, address, linkinfo } = ipLink(String(device.ifname));
    const { persist, numqueues = 0 } = linkinfo.info_data;
    t.like(device, { ifindex, flags, mtu, operstate, address, persist, numqueues });
  }
  t.deepEqual(
    devices.map(({ queues, holder }) => [queues, holder]),
    [
      [2, null],
      [null, null],
      [4, { pid: holder.pid, command: 'rtap' }],
    ],
  );
  const lines = (await done('list')).trimEnd().split('\n');
  t.regex(lines[0]!, /^DEVICE +INDEX +STATE +MTU +ADDRESS +QUEUES +ATTACHED +PERSIST +MASTER +AGE +HOLDER$/);
  t.deepEqual(
    lines.slice(1).map((line) => line.split(/ {2,}/).filter((_, column) => ![1, 4, 9].includes(column))),
    [
      ['zz0', 'down', '1400', '2', '0', 'yes', '-', '-'],
      ['aa0', 'up', '1500', 'single', '0', 'yes', '-', '-'],
      ['held0', 'up', '1500', '4', '4', 'no', '-', `rtap (pid ${holder.pid})`],
    ],
  );
  await holder.stop();
});

test.serial('list has no colour when standard output is no terminal', async (t) => {
  const { code, stdout } = await runProcess('list');
  t.is(code, 0);
  t.false(stdout.includes('\x1b'));
});
