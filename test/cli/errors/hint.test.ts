import test from 'ava';
import { hintFor } from '../../../src/cli/errors/hint.js';
import {
  type Facility,
  MalformedError,
  NetlinkError,
  SystemError,
  UnavailableError,
} from '../../../src/errors.js';

function unavailable(facility: Facility, code = 'ENOENT'): UnavailableError {
  return new UnavailableError('cannot x "y": z', { errno: 2, code, syscall: 'open', facility });
}

function refused(code: string, syscall = 'write', object?: string): SystemError {
  return new SystemError('cannot x "y": z', {
    errno: 1,
    code,
    syscall,
    ...(object === undefined ? {} : { object }),
  });
}

test('hintFor names the package of each distribution when liburing is missing', (t) => {
  const hint = hintFor(unavailable('liburing'))!;
  for (const text of ['apt install liburing2', 'dnf install liburing', 'zypper install liburing2']) {
    t.true(hint.includes(text), text);
  }
});

test('hintFor tells of another port when one is taken or reserved, and nothing of a socket file', (t) => {
  t.regex(hintFor(refused('EADDRINUSE', 'listen', '127.0.0.1:80'))!, /^ss -ltnp tells/);
  t.regex(hintFor(refused('EACCES', 'listen', '127.0.0.1:80'))!, /a port from 1024 on/);
  t.is(hintFor(refused('EADDRINUSE', 'listen', 'unix:/tmp/x')), undefined);
  t.is(hintFor(refused('EADDRNOTAVAIL', 'listen', '192.0.2.1:80')), undefined);
});

test('hintFor names the package of each distribution when libpcap is missing', (t) => {
  const hint = hintFor(unavailable('libpcap'))!;
  const packages = [
    'apt install libpcap0.8 ',
    'libpcap0.8t64',
    'dnf install libpcap ',
    'zypper install libpcap1 ',
  ];
  for (const text of packages) t.true(hint.includes(text), text);
});

test('hintFor points to the doctor whenever the machine lacks something', (t) => {
  for (const facility of ['liburing', 'io_uring', 'io_uring-memory', 'tun', 'libpcap'] as const) {
    t.regex(hintFor(unavailable(facility))!, /rtap doctor tells what this machine can$/);
  }
});

test('hintFor tells apart what can be wrong with io_uring', (t) => {
  t.regex(hintFor(unavailable('io_uring-memory'))!, /RLIMIT_MEMLOCK/);
  t.regex(hintFor(unavailable('io_uring'))!, /kernel\.io_uring_disabled/);
});

test('hintFor tells how to get /dev/net/tun', (t) => {
  t.regex(hintFor(unavailable('tun', 'ENOENT'))!, /--device \/dev\/net\/tun/);
  t.regex(hintFor(unavailable('tun', 'ENODEV'))!, /modprobe tun/);
});

test('hintFor has a line for what the kernel refuses often', (t) => {
  const rows: readonly (readonly [SystemError, RegExp])[] = [
    [refused('EPERM', 'ioctl(TUNSETIFF)'), /CAP_NET_ADMIN.*--owner/],
    [refused('EACCES', 'open(/dev/net/tun)'), /let this user open \/dev\/net\/tun/],
    [refused('EPERM'), /^run as root/],
    [refused('ENODEV'), /^rtap list /],
    [refused('EEXIST'), /^choose another name$/],
    [refused('ENOSPC'), /^make room: what was written is whole up to the last packet$/],
    [refused('ENOSPC', 'write', 'standard output'), /^make room where it goes to: /],
    [refused('EIO', 'write', 'io0'), /^io0 is down: rtap up io0$/],
    [refused('EBUSY', 'ioctl(TUNSETIFF)'), /single-queue/],
    [refused('EBUSY', 'RTM_GETLINK'), /^rtap show tells which$/],
    [refused('EINVAL', 'ioctl(TUNSETOFFLOAD)', 'io0'), /^leave it out; uso takes Linux 6\.2$/],
    [
      refused('EOPNOTSUPP', 'ioctl(TUNSETOFFLOAD)', 'io0'),
      /^tso and uso need scatter-gather \(ethtool -K io0 sg on\)/,
    ],
  ];
  for (const [error, hint] of rows) t.regex(hintFor(error)!, hint);
});

test('hintFor says nothing where it knows nothing better', (t) => {
  t.is(hintFor(refused('ENOTTY')), undefined);
  t.is(hintFor(new MalformedError('cannot read "x": y', 3)), undefined);
  t.is(hintFor(new RangeError('cannot use x')), undefined);
  t.is(hintFor('text'), undefined);
  const netlink = (code: string) =>
    new NetlinkError('cannot x "y": z', { errno: 1, code, syscall: 'RTM_SETLINK', kernelText: '' });
  t.is(hintFor(netlink('EINVAL')), undefined);
  t.regex(hintFor(netlink('EPERM'))!, /^run as root/);
});

test('hintFor tells how to name a network namespace, or that it takes root, when none can be entered', (t) => {
  const refusedEntry = (code: string) =>
    new SystemError('cannot enter "blue": z', { errno: 1, code, syscall: 'setns(CLONE_NEWNET)' });
  for (const code of ['ENOENT', 'EINVAL']) t.regex(hintFor(refusedEntry(code))!, /^ip netns list names/);
  for (const code of ['EPERM', 'EACCES']) t.regex(hintFor(refusedEntry(code))!, /CAP_SYS_ADMIN/);
});

test('hintFor tells where a device is to be found that moved to another network namespace', (t) => {
  const facts = { errno: 19, code: 'ENODEV', syscall: 'RTM_GETLINK' };
  const moved = new SystemError('cannot watch "io0": it moved to another network namespace', facts);
  t.regex(hintFor(moved)!, /^--netns NAME\|PID\|PATH, .*; ip netns list names those that have a name/);
});

test('hintFor tells which users a user namespace has', (t) => {
  const unmapped = (kind: string) =>
    new SystemError('cannot create "io0": user 9 is not mapped in this user namespace', {
      errno: 22,
      code: 'EINVAL',
      syscall: `ioctl(TUNSET${kind})`,
    });
  t.regex(hintFor(unmapped('OWNER'))!, /^cat \/proc\/self\/uid_map tells/);
  t.regex(hintFor(unmapped('GROUP'))!, /^cat \/proc\/self\/gid_map tells/);
});

test('hintFor says what to do about a holder that refuses', (t) => {
  const rows: readonly (readonly [code: string, hint: string])[] = [
    ['EACCES', 'run as root, or as the user of the holder; rtap hold --group lets a group borrow'],
    ['EPERM', 'run as root, or as the user of the holder'],
    ['ESRCH', 'rtap hold io0 begins to hold it'],
    ['ETIMEDOUT', 'its machine may be very busy: try again, or end it by its process id'],
    ['EBUSY', 'rtap show tells which'],
  ];
  for (const [code, hint] of rows) t.is(hintFor(refused(code, 'holder', 'io0')), hint);
  t.is(hintFor(refused('EBADMSG', 'holder', 'io0')), undefined);
  const said = (code: string, reason: string, syscall = 'holder') =>
    hintFor(new SystemError(`cannot hold "io0": ${reason}`, { errno: 1, code, syscall, object: 'io0' }));
  t.is(said('ETIMEDOUT', 'its holder, rtap (pid 12), is stopped'), 'kill -CONT 12 lets it go on');
  t.is(
    said('EBUSY', 'it has a holder already, rtap (pid 12)', 'RTM_GETLINK'),
    'rtap hold io0 --take-over takes everything over from it, rtap release io0 ends it',
  );
  t.regex(said('EBUSY', 'qemu (pid 12) has a queue of it attached')!, /^a holder has all queues: end who/);
  t.regex(said('EACCES', 'x', 'runtime directory')!, /RTAP_RUNTIME_DIR/);
  for (const action of ['release', 'take over']) {
    const facts = { errno: 13, code: 'EACCES', syscall: 'holder', object: 'io0' };
    const denied = new SystemError(`cannot ${action} "io0": its holder does not lend to this user`, facts);
    t.is(hintFor(denied), 'run as root, or as the user of the holder', 'a group may not');
  }
});
