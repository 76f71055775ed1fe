import { writeFileSync } from 'node:fs';
import test from 'ava';
import { ip } from '../../netlink/iproute2.js';
import { done, json, refusal } from '../command.js';
import { findIpLink } from '../ip-link.js';
import { runTool } from '../peer.js';
import { enterWorkspace, runtimeEntries } from '../workspace.js';

const workspace = enterWorkspace();
// Only the kernel's own addresses are wanted here.
writeFileSync('/proc/sys/net/ipv6/conf/all/disable_ipv6', '0');
writeFileSync('/proc/sys/net/ipv6/conf/default/disable_ipv6', '0');

type Address = Readonly<Record<string, unknown>>;

interface Addressed {
  readonly addr_info: readonly Address[];
}

function addressesOf(name: string): readonly Address[] {
  const [device] = JSON.parse(runTool('ip', '-j', 'address', 'show', 'dev', name)) as Addressed[];
  return device!.addr_info;
}

/** Newer releases of ip print who has set an address, as kernel_ll. rtap does not. */
function withoutLifetimes({
  protocol: _,
  valid_life_time: __,
  preferred_life_time: ___,
  ...address
}: Address): Address {
  return address;
}

function isBetween(value: unknown, most: unknown, least: unknown): boolean {
  return Number(value) <= Number(most) && Number(value) >= Number(least);
}

function networksOf(name: string): string[] {
  return addressesOf(name).map(({ local, prefixlen }) => `${local}/${prefixlen}`);
}

test.serial('create --address gives a new device IPv4 and IPv6 addresses', async (t) => {
  const words = ['--address', '192.0.2.1/24', '--address', '2001:db8::1/64', '--address', '192.0.2.7'];
  await done('create', 'a0', '--persist', ...words);
  t.deepEqual(networksOf('a0'), ['192.0.2.1/24', '192.0.2.7/32', '2001:db8::1/64']);
});

test.serial('show prints the addresses, with --json as ip does', async (t) => {
  // It stays down, where addresses of IPv6 stay tentative.
  await done('create', 's0', '--persist', '--address', '127.0.0.9/8', '--address', '2001:db8::2/64');
  ip('address add 192.0.2.9 peer 192.0.2.10 dev s0 broadcast 192.0.2.255 label s0:one');
  ip('address add 192.0.2.11/24 dev s0 valid_lft 999 preferred_lft 899 noprefixroute');
  ip('address add 192.0.2.12/24 dev s0', 'address add 2001:db8::3/64 dev s0 nodad');
  const before = addressesOf('s0');
  const shown = await json<Addressed>('show', 's0');
  const after = addressesOf('s0');
  t.deepEqual(shown.addr_info.map(withoutLifetimes), after.map(withoutLifetimes));
  // Lifetimes run down.
  for (const [
    index,
    { valid_life_time: valid, preferred_life_time: preferred },
  ] of shown.addr_info.entries()) {
    t.true(isBetween(valid, before[index]!.valid_life_time, after[index]!.valid_life_time));
    t.true(isBetween(preferred, before[index]!.preferred_life_time, after[index]!.preferred_life_time));
  }
  t.true(shown.addr_info.length >= 6);
  t.regex(await done('show', 's0'), /^addresses {4}127\.0\.0\.9\/8, .*192\.0\.2\.12\/24, .*2001:db8::2\/64/m);
  await done('create', 'none0', '--persist');
  t.deepEqual((await json<Addressed>('show', 'none0')).addr_info, []);
});

test.serial('create leaves no device when the kernel refuses an address', async (t) => {
  const before = runtimeEntries(workspace);
  t.deepEqual(await refusal('create', 'm0', '--persist', '--mtu', '1279', '--address', '2001:db8::4/64'), [
    2,
    'rtap: cannot give address 2001:db8::4/64 to "m0": RTM_NEWADDR failed with EINVAL',
    'hint: IPv6 needs an MTU of 1280 bytes or more',
  ]);
  const twice = await refusal(
    'create',
    'm1',
    '--persist',
    '--address',
    '192.0.2.3/24',
    '--address',
    '192.0.2.3/24',
  );
  t.is(twice[0], 2);
  t.regex(twice[1]!, /^rtap: cannot give address 192\.0\.2\.3\/24 to "m1": RTM_NEWADDR failed with EEXIST/);
  writeFileSync('/proc/sys/net/ipv6/conf/default/disable_ipv6', '1');
  const disabled = await refusal('create', 'm2', '--persist', '--address', '2001:db8::5/64');
  writeFileSync('/proc/sys/net/ipv6/conf/default/disable_ipv6', '0');
  t.regex(disabled[1]!, /EACCES \(.*IPv6 is disabled on this device\)$/);
  t.is(disabled[2], 'hint: let new devices have IPv6: sysctl -w net.ipv6.conf.default.disable_ipv6=0');
  for (const name of ['m0', 'm1', 'm2']) t.is(findIpLink(name), undefined);
  t.deepEqual(runtimeEntries(workspace), before);
});

test.serial('create --exist-ok adds the addresses that are missing', async (t) => {
  await done('create', 'e0', '--persist', '--address', '192.0.2.1/24');
  const words = ['--address', '192.0.2.1/24', '--address', '192.0.2.2/24'];
  await done('create', 'e0', '--persist', '--exist-ok', ...words);
  await done('create', 'e0', '--persist', '--exist-ok', ...words);
  t.deepEqual(networksOf('e0'), ['192.0.2.1/24', '192.0.2.2/24']);
});

test.serial('create refuses an address that no device can have, and makes nothing', async (t) => {
  for (const [address, message] of [
    ['192.0.2.1/33', 'rtap: cannot use prefix length 33: 0 to 32 are possible'],
    ['2001:db8::1/129', 'rtap: cannot use prefix length 129: 0 to 128 are possible'],
    ['192.0.2.1/', 'rtap: cannot read prefix length "": wanted a whole number'],
    ['192.0.2', 'rtap: cannot parse "192.0.2": an IP address is written as 192.0.2.1 or 2001:db8::1'],
    ['0.0.0.0/8', 'rtap: cannot use address "0.0.0.0/8": it stands for no address'],
  ] as const)
    t.deepEqual((await refusal('create', 'r0', '--persist', '--address', address)).slice(0, 2), [1, message]);
  t.is(findIpLink('r0'), undefined);
});
