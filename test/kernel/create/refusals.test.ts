import { spawnSync } from 'node:child_process';
import test from 'ava';
import { ip } from '../../netlink/iproute2.js';
import { RTAP, refusal, run } from '../command.js';
import { findIpLink, ipLinks } from '../ip-link.js';
import { unprivileged } from '../unprivileged.js';
import { enterWorkspace, runtimeEntries } from '../workspace.js';

const workspace = enterWorkspace();

const before = ipLinks().length;

const NAMES: readonly (readonly [title: string, name: string, reason: string])[] = [
  ['too long', 'a-name-of-16-cha', 'it has 16 characters, at most 15 are possible'],
  ['empty', '', 'it is empty'],
  ['with a slash', 'a/b', 'it contains "/"'],
  ['with a space', 'a b', 'it contains white space or a control character'],
  ['with a newline', 'a\nb', 'it contains white space or a control character'],
  ['outside ASCII', 'tap-ü', 'it contains characters outside ASCII'],
  ['of one dot', '.', 'the kernel reserves it'],
  ['with a colon', 'a:b', 'it contains ":"'],
  ['with two %d', 'a%d%d', 'a name can contain one %d at most'],
  ['with %s', 'a%s', 'a name can contain one %d at most'],
];

for (const [title, name, reason] of NAMES) {
  test(`create refuses a name ${title}`, async (t) => {
    for (const words of [
      ['create', name, '--persist'],
      ['create', '--iface', name],
    ]) {
      const message = `rtap: cannot use "${name}" as a device name: ${reason}`;
      const { code, stderr } = await run(...words);
      t.is(code, 1);
      t.true(stderr.startsWith(`${message}\n`), stderr);
    }
  });
}

const VALUES: readonly (readonly [words: readonly string[], message: string])[] = [
  [['--queues', '0'], 'rtap: cannot use queue count 0: 1 to 128 are possible'],
  [['--queues', '129'], 'rtap: cannot use queue count 129: 1 to 128 are possible'],
  [['--queues', '-1'], 'rtap: cannot read queue count "-1": wanted a whole number'],
  [['--queues', '2.5'], 'rtap: cannot read queue count "2.5": wanted a whole number'],
  [['--queues', 'many'], 'rtap: cannot read queue count "many": wanted a whole number'],
  [['--mtu', '67'], 'rtap: cannot use MTU 67: 68 to 65521 are possible'],
  [['--mtu', '65522'], 'rtap: cannot use MTU 65522: 68 to 65521 are possible'],
  [['--txqueuelen', '0'], 'rtap: cannot use txqueuelen 0: 1 to 524288 are possible'],
  [['--mac', '01:00:00:00:00:01'], 'rtap: cannot use MAC "01:00:00:00:00:01": it is a multicast address'],
  [['--mac', '00:00:00:00:00:00'], 'rtap: cannot use MAC "00:00:00:00:00:00": it is all zeros'],
  [['--owner', 'no-such-user'], 'rtap: cannot find user "no-such-user": there is no such user'],
  [['--group', 'no-such-group'], 'rtap: cannot find group "no-such-group": there is no such group'],
  [['--owner', '4294967295'], 'rtap: cannot use user 4294967295: 0 to 4294967294 are possible'],
  [['--nonsense'], 'rtap: cannot use option "--nonsense": there is no such option'],
];

for (const [words, message] of VALUES) {
  test(`create leaves no device after ${words.join(' ')}`, async (t) => {
    const name = `bad-${words[0]!.slice(2, 7)}`;
    t.deepEqual((await refusal('create', name, '--persist', ...words)).slice(0, 2), [1, message]);
    t.is(findIpLink(name), undefined);
  });
}

test('create refuses text that is not a MAC address', async (t) => {
  const [code, message] = await refusal('create', 'mac0', '--persist', '--mac', '02:00:00');
  t.is(code, 1);
  t.regex(message!, /^rtap: cannot .*"02:00:00"/);
});

test('create refuses a command line without a name', async (t) => {
  const words = (await refusal('create', '--persist')).slice(0, 2);
  t.deepEqual(words, [1, 'rtap: cannot read argument "device": it is missing']);
});

const TAKEN: readonly (readonly [name: string, make: string, kind: string])[] = [
  ['br0', 'link add br0 type bridge', 'a bridge device'],
  ['v0', 'link add v0 type veth peer name v1', 'a veth device'],
  ['tun0', 'tuntap add dev tun0 mode tun', 'a TUN device'],
  ['tunq0', 'tuntap add dev tunq0 mode tun multi_queue', 'a TUN device'],
  ['st0', 'tuntap add dev st0 mode tap', 'a single-queue TAP'],
  ['mq0', 'tuntap add dev mq0 mode tap multi_queue', 'a multi-queue TAP'],
];

for (const [name, make, kind] of TAKEN) {
  test.serial(`create refuses the name of ${kind} (${name})`, async (t) => {
    ip(make);
    const mayReuse = name === 'mq0';
    for (const words of mayReuse ? [[]] : [[], ['--exist-ok']]) {
      const [code, message, hint] = await refusal('create', name, '--persist', ...words);
      t.deepEqual([code, message], [2, `rtap: cannot create "${name}": it exists already as ${kind}`]);
      t.regex(hint!, /^hint: choose another name/);
      t.is(hint!.includes('--exist-ok'), mayReuse, 'only what helps is offered');
    }
    t.truthy(findIpLink(name));
    ip(`link del ${name}`);
  });
}

test.serial('create refuses the name lo', async (t) => {
  const [code, message, hint] = await refusal('create', 'lo', '--persist');
  t.deepEqual([code, message], [2, 'rtap: cannot create "lo": it exists already as another interface']);
  t.regex(hint!, /^hint: choose another name/);
});

test('create leaves no device when the kernel refuses a setting', (t) => {
  // In a user namespace uid 1000 has no number that the kernel knows: TUNSETOWNER fails after the device is made.
  const script = '"$0" create atomic0 --persist --owner 1000; echo "exit $?"; ip -j link show';
  const { stdout, stderr } = spawnSync('unshare', ['-Urn', 'sh', '-c', script, RTAP], { encoding: 'utf8' });
  t.is(
    stderr,
    'rtap: cannot create "atomic0": user 1000 is not mapped in this user namespace\n' +
      'hint: list the ids that are mapped: cat /proc/self/uid_map; map more: unshare --map-auto\n',
  );
  const [exit, links] = stdout.split('\n');
  t.is(exit, 'exit 2');
  t.deepEqual(
    (JSON.parse(links!) as { ifname: string }[]).map(({ ifname }) => ifname),
    ['lo'],
  );
});

test('create names the missing privilege when the user may not create devices', async (t) => {
  const { code, stderr } = await unprivileged('create', 'denied0');
  const [message, hint] = stderr.split('\n');
  t.is(code, 2, stderr);
  t.is(message, 'rtap: cannot create "denied0": ioctl(TUNSETIFF) failed with EPERM');
  t.regex(hint!, /^hint: run as root, grant CAP_NET_ADMIN/);
});

test('create prints a hint when /dev/net/tun does not exist or may not be opened', (t) => {
  const rows = [
    [
      2,
      'mknod -m 600 /dev/net/tun c 10 200',
      'EACCES',
      'run as root, or let this user open it: chmod 666 /dev/net/tun',
    ],
    [
      4,
      ':',
      'ENOENT',
      'load the driver: modprobe tun; in a container: --device /dev/net/tun; check this machine: rtap doctor',
    ],
    [
      4,
      'mknod -m 666 /dev/net/tun c 10 201',
      'ENODEV',
      'load the driver: modprobe tun; check this machine: rtap doctor',
    ],
  ] as const;
  for (const [exit, make, code, hint] of rows) {
    const script = `mount -t tmpfs none /dev/net && ${make} && exec setpriv --reuid=65534 --clear-groups "$@"`;
    const words = ['-m', 'sh', '-c', script, 'sh', process.execPath, RTAP, 'create', 'denied0'];
    const env = { ...process.env, HOME: '/tmp', TSX_DISABLE_CACHE: '1' };
    const { status, stderr } = spawnSync('unshare', words, { encoding: 'utf8', env });
    t.is(status, exit, stderr);
    const said = `rtap: cannot create "denied0": open(/dev/net/tun) failed with ${code}\nhint: ${hint}`;
    t.true(stderr.startsWith(said), stderr);
  }
});

test.after('create leaves neither devices nor runtime state when it refuses', (t) => {
  t.is(ipLinks().length, before);
  t.deepEqual(runtimeEntries(workspace), []);
});
