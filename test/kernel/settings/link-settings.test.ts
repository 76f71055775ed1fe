import test from 'ava';
import { ip } from '../../netlink/iproute2.js';
import { done, json, refusal } from '../command.js';
import { ipLink } from '../ip-link.js';
import { unprivileged } from '../unprivileged.js';
import { enterWorkspace } from '../workspace.js';

enterWorkspace();

test('up and down switch the device', async (t) => {
  await done('create', 'up0', '--persist');
  t.false(ipLink('up0').flags.includes('UP'));
  t.is(await done('up', 'up0'), '');
  t.true(ipLink('up0').flags.includes('UP'));
  await done('up', 'up0');
  await done('down', 'dev', 'up0');
  t.false(ipLink('up0').flags.includes('UP'));
});

test('mtu prints the MTU, or sets it', async (t) => {
  await done('create', 'mtu0', '--persist');
  t.is(await done('mtu', 'mtu0'), '1500\n');
  t.deepEqual(await json('mtu', 'mtu0'), { ifname: 'mtu0', mtu: 1500 });
  t.deepEqual(await json('mtu', 'mtu0', '1600'), { ifname: 'mtu0', mtu: 1600 });
  for (const mtu of [68, 65_521, 9000]) {
    t.is(await done('mtu', 'mtu0', String(mtu)), '');
    t.is(ipLink('mtu0').mtu, mtu);
  }
  t.is(await done('mtu', '-i', 'mtu0'), '9000\n');
});

test('mtu refuses values that the kernel does not allow', async (t) => {
  await done('create', 'size0', '--persist');
  for (const mtu of ['67', '65522']) {
    const message = `rtap: cannot use MTU ${mtu}: 68 to 65521 are possible`;
    t.deepEqual((await refusal('mtu', 'size0', mtu)).slice(0, 2), [1, message]);
  }
  t.deepEqual((await refusal('mtu', 'size0', 'big')).slice(0, 2), [
    1,
    'rtap: cannot read MTU "big": wanted a whole number',
  ]);
  t.is(ipLink('size0').mtu, 1500);
});

test('txqueuelen prints the length of the queues, or sets it', async (t) => {
  await done('create', 'len0', '--persist');
  t.is(await done('txqueuelen', 'len0'), '1000\n');
  t.is(await done('txqueuelen', 'len0', '100'), '');
  t.is(ipLink('len0').txqlen, 100);
  t.deepEqual(await json('txqueuelen', 'len0', '30000'), { ifname: 'len0', txqlen: 30_000 });
  t.is(ipLink('len0').txqlen, 30_000);
  for (const [length, message] of [
    ['0', 'rtap: cannot use txqueuelen 0: 1 to 524288 are possible'],
    ['524289', 'rtap: cannot use txqueuelen 524289: 1 to 524288 are possible'],
    ['long', 'rtap: cannot read txqueuelen "long": wanted a whole number'],
  ] as const)
    t.deepEqual((await refusal('txqueuelen', 'len0', length)).slice(0, 2), [1, message]);
  t.is(ipLink('len0').txqlen, 30_000);
});

test('mac prints the address, or sets it', async (t) => {
  await done('create', 'mac0', '--persist');
  t.is(await done('mac', 'mac0'), `${ipLink('mac0').address}\n`);
  t.is(await done('mac', 'mac0', '02:00:00:00:00:01'), '');
  t.is(ipLink('mac0').address, '02:00:00:00:00:01');
  t.deepEqual(await json('mac', 'mac0'), { ifname: 'mac0', address: '02:00:00:00:00:01' });
  await done('up', 'mac0');
  await done('mac', 'mac0', 'random');
  const { address } = ipLink('mac0');
  t.not(address, '02:00:00:00:00:01');
  t.is(Number.parseInt(address.slice(0, 2), 16) & 3, 2);
});

test('mac refuses an address that no device can have', async (t) => {
  await done('create', 'nomac0', '--persist');
  const { address } = ipLink('nomac0');
  for (const text of [
    '01:00:5e:00:00:01',
    'ff:ff:ff:ff:ff:ff',
    '00:00:00:00:00:00',
    '02:00:00:00:00',
    'x',
    '',
  ]) {
    const [code, message] = await refusal('mac', 'nomac0', text);
    t.is(code, 1, text);
    t.regex(message!, /^rtap: cannot /);
  }
  t.is(ipLink('nomac0').address, address);
});

for (const [command, flag, count] of [
  ['promisc', 'PROMISC', 'promiscuity'],
  ['allmulti', 'ALLMULTI', 'allmulti'],
] as const) {
  test(`${command} prints the mode, or sets it`, async (t) => {
    const name = `${command}0`;
    await done('create', name, '--persist');
    t.is(await done(command, name), 'off\n');
    t.is(await done(command, name, 'on'), '');
    t.true(ipLink(name).flags.includes(flag));
    t.is(ipLink(name)[count], 1);
    t.is(await done(command, name), 'on\n');
    t.deepEqual(await json(command, name), { ifname: name, [command]: true });
    await done(command, name, 'on');
    t.is(ipLink(name)[count], 1);
    await done(command, name, 'off');
    t.false(ipLink(name).flags.includes(flag));
    t.is(ipLink(name)[count], 0);
    const message = `rtap: cannot read ${command} "maybe": wanted on or off`;
    t.deepEqual((await refusal(command, name, 'maybe')).slice(0, 2), [1, message]);
  });
}

test('every setting refuses absent devices, and links that are no TAP', async (t) => {
  ip('link add br0 type bridge', 'tuntap add dev tun0 mode tun');
  const commands = [
    ['up'],
    ['down'],
    ['mtu', '1400'],
    ['mac', 'random'],
    ['promisc', 'on'],
    ['allmulti', 'on'],
  ];
  for (const [command, ...values] of commands) {
    t.deepEqual(await refusal(command!, 'absent0', ...values), [
      2,
      'rtap: cannot change "absent0": there is no such device',
      'hint: list the TAP devices of this network namespace: rtap list',
    ]);
  }
  t.deepEqual((await refusal('up', 'br0')).slice(0, 2), [
    2,
    'rtap: cannot change "br0": it is not a TAP (bridge)',
  ]);
  t.deepEqual((await refusal('mtu', 'tun0')).slice(0, 2), [
    2,
    'rtap: cannot read "tun0": it is a TUN device, not a TAP',
  ]);
});

test('every user reads a setting, and only a user with the right changes it', async (t) => {
  await done('create', 'owned0', '--persist', '--owner', 'nobody');
  t.is((await unprivileged('mtu', 'owned0')).stdout, '1500\n');
  const { code, stderr } = await unprivileged('mtu', 'owned0', '1400');
  t.is(code, 2);
  t.is(
    stderr,
    'rtap: cannot change "owned0": RTM_SETLINK failed with EPERM\nhint: run as root, or grant CAP_NET_ADMIN\n',
  );
});
