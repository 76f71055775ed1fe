import { join } from 'node:path';
import test from 'ava';
import { ip } from '../../netlink/iproute2.js';
import { frameOf } from '../capture.js';
import { done, json, RTAP, run, start } from '../command.js';
import { eventually } from '../deadline.js';
import { findIpLink, ipLink } from '../ip-link.js';
import { runPeer } from '../peer.js';
import { RunningProcess } from '../running-process.js';
import { startProgramUnprivileged, startUnprivileged, unprivileged } from '../unprivileged.js';
import { deviceFolder, enterWorkspace } from '../workspace.js';

const workspace = enterWorkspace();

const NOBODY = 65_534;
/** Without the rest of PATH: other users may not run what root installed for itself. */
const SYSTEM = { env: { PATH: '/usr/bin:/bin' } };

function socketOf(name: string): string {
  return join(deviceFolder(workspace, ipLink(name).ifindex), 'holder');
}

/** Runs a peer as the user nobody, a member of `groups`. */
async function asNobody(groups: string, script: string, ...words: readonly string[]): Promise<string> {
  const who = [
    `--reuid=${NOBODY}`,
    `--regid=${NOBODY}`,
    ...(groups === '' ? ['--clear-groups'] : [`--groups=${groups}`]),
  ];
  const path = new URL(`../../peers/${script}`, import.meta.url).pathname;
  const { stdout, stderr } = await new RunningProcess(
    'setpriv',
    [...who, 'python3', path, ...words],
    SYSTEM,
  ).ended();
  return stdout + stderr;
}

async function holdUntilReady(name: string): Promise<RunningProcess> {
  const holder = start(['hold', name]);
  await holder.waitFor(/ready/);
  return holder;
}

const LEASE = '{"rtap":1,"type":"lease","queues":[0],"share":false,"command":"x"}';
const RELEASE = '{"rtap":1,"type":"release"}';

test('the holder refuses other users before it sends any descriptor', async (t) => {
  const holder = start(['create', 'mine0', '--up', '--queues', '2']);
  await holder.waitFor(/ready/);
  const said = await asNobody('', 'holder_user.py', socketOf('mine0'), LEASE);
  t.regex(said, /^0 .*"admitted":false\}\nEND\n$/);
  const { code, stderr } = await unprivileged('rx-dump', 'mine0');
  t.deepEqual(
    [code, stderr.split('\n')[0]],
    [2, `rtap: cannot attach to "mine0": its holder, rtap (pid ${holder.pid}), does not lend to this user`],
  );
  t.regex(
    stderr,
    /\nhint: run as root, or as the user of the holder; a holder can lend to a group: rtap hold mine0 --group GROUP\n$/,
  );
  const release = await unprivileged('release', 'mine0');
  t.is(release.code, 2);
  t.regex(release.stderr, /\nhint: run as root, or as the user of the holder\n$/, 'no group may');
  const shown = JSON.parse((await unprivileged('show', 'mine0', '--json')).stdout) as Record<string, unknown>;
  t.like(shown, { holder: { pid: holder.pid, command: 'rtap' }, unread: [0, 1] });
  await holder.stop();
});

test('the kernel lets only its owner attach to a device, persistent or held', async (t) => {
  const holder = start(['create', 'makers0', '--queues', '2']);
  await holder.waitFor(/ready/);
  await done('create', 'makers1', '--persist');
  ip('tuntap add dev anyones0 mode tap multi_queue');
  for (const [name, answer] of [
    ['makers0', /PermissionError/],
    ['makers1', /PermissionError/],
    ['anyones0', /^1[02]\n$/],
  ] as const) {
    const path = new URL('../../peers/tap_user.py', import.meta.url).pathname;
    const words = ['python3', path, name, 'multi', 'vnet', '0', 'leave'];
    const { stdout, stderr } = await startProgramUnprivileged(words, SYSTEM.env).ended();
    t.regex(stdout + stderr, answer, name);
  }
  await holder.stop();
});

test('a user cannot bypass a holder that does not lend to it, even if the kernel would let it attach', async (t) => {
  ip('tuntap add dev round0 mode tap multi_queue', 'link set round0 up');
  const holder = await holdUntilReady('round0');
  const before = ipLink('round0').linkinfo.info_data;
  const features = (await json<{ offloads: string[] }>('show', 'round0')).offloads;
  const said = `rtap: cannot change "round0": its holder, rtap (pid ${holder.pid}), does not lend to this user`;
  for (const words of [
    ['offload', 'round0', features.length === 0 ? 'csum' : 'none'],
    ['persist', 'round0', 'off'],
    ['create', 'round0', '--persist', '--exist-ok', '--owner', 'nobody'],
  ]) {
    const { code, stderr } = await unprivileged(...words);
    t.deepEqual([code, stderr.split('\n')[0]], [2, said], words.join(' '));
  }
  t.deepEqual(ipLink('round0').linkinfo.info_data, before);
  t.deepEqual((await json<{ offloads: string[] }>('show', 'round0')).offloads, features);
  await holder.stop();
});

test('a new owner of the device may borrow from then on, and the old owner no more', async (t) => {
  await done('create', 'owned0', '--persist', '--up', '--owner', 'nobody');
  const holder = await holdUntilReady('owned0');
  const path = socketOf('owned0');
  const borrow = () => asNobody('', 'holder_user.py', path, LEASE);
  t.regex(await borrow(), /\n1 .*"lent","queues":\[0\]\}\n$/);
  await run('create', 'owned0', '--persist', '--exist-ok', '--owner', 'daemon');
  t.regex(await borrow(), /"admitted":false\}\nEND\n$/);
  await run('create', 'owned0', '--persist', '--exist-ok', '--owner', 'nobody');
  t.regex(await borrow(), /\n1 .*"lent","queues":\[0\]\}\n$/);
  ip('link set owned0 down', 'link set owned0 name owned1');
  await holder.waitFor(/owned1/, 'stderr');
  t.regex(await borrow(), /\n1 .*"lent","queues":\[0\]\}\n$/);
  await holder.stop();
});

test('--group lets the members of the group borrow, and nothing else', async (t) => {
  await done('create', 'group0', '--persist', '--up', '--queues', '2', '--owner', 'root');
  const holder = start(['hold', 'group0', '--group', 'games']);
  await holder.waitFor(/ready/);
  const path = socketOf('group0');
  t.regex(await asNobody('games', 'holder_user.py', path, LEASE), /\n1 .*"lent","queues":\[0\]\}\n$/);
  t.regex(await asNobody('games', 'holder_user.py', path, RELEASE), /\n0 .*"EPERM"/);
  t.regex(await asNobody('games', 'holder_user.py', path, '{"rtap":1,"type":"take-over"}'), /\n0 .*"EPERM"/);
  t.regex(await asNobody('daemon', 'holder_user.py', path, LEASE), /"admitted":false\}\nEND\n$/);
  t.regex(await runPeer('holder_user.py', path, LEASE), /\n1 .*"lent"/);
  const next = start(['hold', 'group0', '--take-over']);
  await next.waitFor(/ready/);
  t.regex(
    await asNobody('games', 'holder_user.py', path, LEASE),
    /\n1 .*"lent"/,
    'the successor lends to the same',
  );
  await next.stop();
});

test('an owner without root holds, reads and feeds its device', async (t) => {
  await done('create', 'own0', '--persist', '--up', '--queues', '2', '--owner', 'nobody');
  const holder = startUnprivileged(['hold', 'own0']);
  await holder.waitFor(/ready/);
  const reader = startUnprivileged(['rx-dump', 'own0', '-q', '1']);
  await reader.waitFor(/listening/, 'stderr');
  await eventually(() => ipLink('own0').flags.includes('LOWER_UP'), 'the carrier');
  const before = ipLink('own0').stats64.rx.packets;
  t.is((await unprivileged('tx-inject', 'own0', '--hex', frameOf(1))).code, 0);
  t.is(ipLink('own0').stats64.rx.packets, before + 1);
  t.like(await json('show', 'own0'), { unread: [0] });
  t.is((await unprivileged('rx-dump', 'own0', '-q', '1')).code, 2);
  t.is((await unprivileged('release', 'own0')).code, 0);
  await holder.ended();
  await reader.stop();
  const plain = startUnprivileged(['rx-dump', 'own0', '-c', '1', '--duration', '1s']);
  t.is((await plain.ended()).code, 0);
});

test('a holder leaves nothing behind that keeps the owner, or root, from holding the device', async (t) => {
  await done('create', 'turn0', '--persist', '--queues', '2', '--owner', 'nobody');
  const hold = ['hold', 'turn0'];
  for (const begin of [start, startUnprivileged, start]) {
    const holder = begin(hold);
    await holder.waitFor(/ready/);
    t.is((await holder.stop()).code, 0);
  }
  const theirs = startUnprivileged(hold);
  await theirs.waitFor(/ready/);
  const roots = start([...hold, '--take-over']);
  await roots.waitFor(/ready/);
  t.is((await theirs.ended()).code, 0);
  await roots.stop();
});

test('a user that may attach to a device but not write its folder gets an error that says this', async (t) => {
  ip('tuntap add dev free0 mode tap multi_queue', 'link set free0 up');
  const reader = start(['rx-dump', 'free0']);
  await reader.waitFor(/listening/, 'stderr');
  await reader.stop();
  const { code, stderr } = await unprivileged('hold', 'free0');
  const folder = deviceFolder(workspace, ipLink('free0').ifindex);
  t.deepEqual(
    [code, stderr],
    [
      2,
      `rtap: cannot hold "free0": this user cannot write "${folder}"\n` +
        'hint: run as root, or set RTAP_RUNTIME_DIR to a directory that this user can write\n',
    ],
  );
});

test('another user cannot lock a device so that it gets no holder', async (t) => {
  await done('create', 'lock0', '--persist');
  await (await holdUntilReady('lock0')).stop();
  const lock = join(deviceFolder(workspace, ipLink('lock0').ifindex), 'holder.lock');
  const words = [
    `--reuid=${NOBODY}`,
    `--regid=${NOBODY}`,
    '--clear-groups',
    'flock',
    '-n',
    '-x',
    lock,
    'true',
  ];
  const { code, stderr } = await new RunningProcess('setpriv', words, SYSTEM).ended();
  t.not(code, 0);
  t.regex(stderr, /Permission denied/);
});

test('the owner of a device borrows from a holder of root, since the kernel lets it attach anyway', async (t) => {
  const holder = start(['create', 'lent0', '--up', '--owner', 'nobody', '--queues', '2']);
  await holder.waitFor(/ready/);
  const reader = startUnprivileged(['rx-dump', 'lent0', '-q', '0']);
  await reader.waitFor(/listening/, 'stderr');
  t.like(await json('show', 'lent0'), { unread: [1] });
  await reader.stop();
  await holder.stop();
});

test('in a user namespace of its own everything works without root', async (t) => {
  const script = `
    export RTAP_RUNTIME_DIR=$HOME/run XDG_RUNTIME_DIR=
    set -e
    "$0" "$1" create io0 --up --queues 2 --detach
    "$0" "$1" rx-dump io0 -q 1 --duration 500ms 2>&1
    "$0" "$1" tx-inject io0 --hex ${frameOf(7)} 2>&1
    "$0" "$1" hold io0 --take-over --detach
    "$0" "$1" show io0 --json
    "$0" "$1" release io0
    "$0" "$1" list --json`;
  const home = join(workspace.directory, 'home');
  const prepare = `mkdir -m 777 -p ${home}; mount -t tmpfs none /dev/net && mknod -m 666 /dev/net/tun c 10 200;
    exec setpriv --reuid=1234 --regid=1234 --clear-groups unshare -rn sh -c "$@"`;
  const words = ['-m', 'sh', '-c', prepare, 'sh', script, process.execPath, RTAP];
  const { code, stdout, stderr } = await new RunningProcess('unshare', words, {
    env: { HOME: home },
  }).ended();
  t.is(code, 0, stderr + stdout);
  t.is(stdout.split('io0: ready, 2 queues').length, 3, stdout);
  t.regex(stdout, /1 packet received by the kernel/);
  t.regex(stdout, /"user":0,.*"unread":\[0,1\],"leases":\[\],[^\n]*\}\n\[\]\n$/);
  ip('link show lo');
  t.is(findIpLink('io0'), undefined);
});
