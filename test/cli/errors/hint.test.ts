import test from 'ava';
import fc from 'fast-check';
import { hintFor } from '../../../src/cli/errors/hint.js';
import {
  ERROR_REASONS,
  type ErrorReason,
  type Facility,
  MalformedError,
  NetlinkError,
  SystemError,
  type SystemErrorFields,
  UnavailableError,
} from '../../../src/errors.js';

function unavailable(facility: Facility, code = 'ENOENT'): UnavailableError {
  return new UnavailableError('cannot x "y": z', { errno: 2, code, syscall: 'open', facility });
}

function refused(code: string, syscall = 'write', object?: string): SystemError {
  return new SystemError('cannot x "y": z', { errno: 1, code, syscall, object });
}

/** An error about "io0" with `reason`; its message says nothing. */
function reasoned(reason: ErrorReason, code: string, fields: Partial<SystemErrorFields> = {}): SystemError {
  return new SystemError('', { errno: 1, code, syscall: 'x', object: 'io0', reason, ...fields });
}

test('hintFor names the package of each distribution when liburing is missing', (t) => {
  const hint = hintFor(unavailable('liburing'))!;
  for (const text of ['apt install liburing2', 'dnf install liburing', 'zypper install liburing2']) {
    t.true(hint.includes(text), text);
  }
});

test('hintFor suggests another port when one is in use or reserved, and nothing for a socket file', (t) => {
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

test('hintFor distinguishes the faults of io_uring', (t) => {
  t.regex(hintFor(unavailable('io_uring-memory'))!, /RLIMIT_MEMLOCK/);
  t.regex(hintFor(unavailable('io_uring'))!, /kernel\.io_uring_disabled/);
});

test('hintFor explains how to get /dev/net/tun', (t) => {
  t.regex(hintFor(unavailable('tun', 'ENOENT'))!, /--device \/dev\/net\/tun/);
  t.regex(hintFor(unavailable('tun', 'ENODEV'))!, /modprobe tun/);
});

test('hintFor has a hint for frequent refusals of the kernel', (t) => {
  const rows: readonly (readonly [SystemError, RegExp])[] = [
    [refused('EPERM', 'ioctl(TUNSETIFF)'), /CAP_NET_ADMIN.*--owner/],
    [refused('EACCES', 'open(/dev/net/tun)'), /let this user open \/dev\/net\/tun/],
    [refused('EPERM'), /^run as root/],
    [refused('ENODEV'), /^rtap list /],
    [refused('EEXIST'), /^choose another name$/],
    [refused('ENOSPC'), /^make room: what was written is whole up to the last packet$/],
    [refused('ENOSPC', 'write', 'standard output'), /^make room where it goes to: /],
    [refused('EBUSY', 'ioctl(TUNSETIFF)'), /single-queue/],
    [refused('EBUSY', 'RTM_GETLINK'), /^rtap show tells which$/],
    [
      refused('EOPNOTSUPP', 'ioctl(TUNSETOFFLOAD)', 'io0'),
      /^tso and uso need scatter-gather \(ethtool -K io0 sg on\)/,
    ],
  ];
  for (const [error, hint] of rows) t.regex(hintFor(error)!, hint);
});

test('hintFor returns undefined when it has no hint', (t) => {
  t.is(hintFor(refused('ENOTTY')), undefined);
  t.is(hintFor(new MalformedError('cannot read "x": y', 3)), undefined);
  t.is(hintFor(new RangeError('cannot use x')), undefined);
  t.is(hintFor('text'), undefined);
  const netlink = (code: string) =>
    new NetlinkError('cannot x "y": z', { errno: 1, code, syscall: 'RTM_SETLINK', kernelText: '' });
  t.is(hintFor(netlink('EINVAL')), undefined);
  t.regex(hintFor(netlink('EPERM'))!, /^run as root/);
});

test('hintFor explains network namespaces when one cannot be entered', (t) => {
  const refusedEntry = (code: string) => reasoned('namespace-unreachable', code);
  for (const code of ['ENOENT', 'EINVAL']) t.regex(hintFor(refusedEntry(code))!, /^ip netns list names/);
  for (const code of ['EPERM', 'EACCES']) t.regex(hintFor(refusedEntry(code))!, /CAP_SYS_ADMIN/);
});

test('hintFor explains --netns when a device has moved to another network namespace', (t) => {
  t.regex(
    hintFor(reasoned('device-moved', 'ENODEV'))!,
    /^--netns NAME\|PID\|PATH, .*; ip netns list names those that have a name/,
  );
});

test('hintFor names the map of a user namespace when an id is not in it', (t) => {
  const unmapped = (kind: string) => reasoned('id-not-mapped', 'EINVAL', { syscall: `ioctl(TUNSET${kind})` });
  t.regex(hintFor(unmapped('OWNER'))!, /^cat \/proc\/self\/uid_map tells/);
  t.regex(hintFor(unmapped('GROUP'))!, /^cat \/proc\/self\/gid_map tells/);
});

test('hintFor has a hint for each refusal by a device or its holder', (t) => {
  const rows: readonly (readonly [error: SystemError, hint: string])[] = [
    [
      reasoned('borrowing-denied', 'EACCES'),
      'run as root, or as the user of the holder; rtap hold --group lets a group borrow',
    ],
    [reasoned('ending-denied', 'EACCES'), 'run as root, or as the user of the holder'],
    [reasoned('no-holder', 'ESRCH'), 'rtap hold io0 begins to hold it'],
    [
      reasoned('holder-exists', 'EBUSY'),
      'rtap hold io0 --take-over takes everything over from it, rtap release io0 ends it',
    ],
    [
      reasoned('holder-silent', 'ETIMEDOUT', { pid: 12 }),
      'its machine may be very busy: try again, or end it by its process id',
    ],
    [
      reasoned('holder-stopped', 'ETIMEDOUT'),
      'its machine may be very busy: try again, or end it by its process id',
    ],
    [reasoned('holder-stopped', 'ETIMEDOUT', { pid: 12 }), 'kill -CONT 12 lets it go on'],
    [
      reasoned('queues-not-free', 'EBUSY'),
      'a holder has all queues: end who has one first, rtap show tells which',
    ],
    [
      reasoned('holder-died', 'EBUSY'),
      'a holder has all queues: end who has one first, rtap show tells which',
    ],
    [
      reasoned('queues-in-use', 'EBUSY'),
      'rtap show tells which; with --share rx-dump and fwd attach beside it, and compete with it for frames',
    ],
    [
      reasoned('queue-leased', 'EBUSY'),
      'rtap show tells which; with --share rx-dump and fwd attach beside it, and compete with it for frames',
    ],
    [
      reasoned('runtime-directory-denied', 'EACCES'),
      'run as root, or let RTAP_RUNTIME_DIR name a folder that this user may write',
    ],
    [reasoned('device-down', 'EIO'), 'io0 is down: rtap up io0'],
    [
      reasoned('device-exists', 'EEXIST'),
      'choose another name, remove it with rtap delete, or use --exist-ok',
    ],
    [reasoned('name-taken', 'EEXIST'), 'choose another name'],
    [
      reasoned('header-missing', 'EINVAL', { syscall: 'ioctl(TUNSETOFFLOAD)' }),
      'end the program that holds it, or have it attach with IFF_VNET_HDR',
    ],
    [
      reasoned('offload-unknown', 'EINVAL', { syscall: 'ioctl(TUNSETOFFLOAD)' }),
      'leave it out; uso takes Linux 6.2',
    ],
    [
      reasoned('header-too-large', 'EINVAL', { syscall: 'ioctl(TUNGETVNETHDRSZ)' }),
      'rtap delete and rtap create make a device anew, with a header of 10 bytes',
    ],
  ];
  for (const [error, hint] of rows) t.is(hintFor(error), hint, error.reason);
});

test('hintFor has a hint when an older holder refuses without a reason', (t) => {
  t.is(hintFor(refused('EBUSY', 'holder', 'io0')), 'rtap show tells which');
  for (const code of ['EACCES', 'EPERM'])
    t.is(hintFor(refused(code, 'holder', 'io0')), 'run as root, or as the user of the holder');
  for (const code of ['EBADMSG', 'EAGAIN', 'EINVAL'])
    t.is(hintFor(refused(code, 'holder', 'io0')), undefined, code);
});

test('hintFor explains how to capture Ethernet when the link type is another', (t) => {
  t.regex(hintFor(new MalformedError('', 0, { reason: 'link-type' }))!, /^captures of Ethernet are read, /);
});

/** Messages that hints depended on once. */
const MESSAGE_WORDS = [
  'cannot enter "blue": z',
  'cannot hold "io0": it has a holder already, rtap (pid 12)',
  'cannot attach to "io0": queue 2 is being read',
  'cannot release "io0": its holder, rtap (pid 12), is stopped',
  'cannot create "io0": it exists already as a multi-queue TAP',
  'cannot watch "io0": it moved to another network namespace',
  'user 9 is not mapped in this user namespace',
  'its frames carry no virtio-net header',
  'cannot read "x": its link type is 113',
];

test('hintFor gives the same hint whatever the message says', (t) => {
  const text = fc.oneof(fc.string(), fc.constantFrom(...MESSAGE_WORDS));
  const fields = fc.record({
    errno: fc.constant(1),
    code: fc.constantFrom(
      'EPERM',
      'EACCES',
      'EBUSY',
      'EEXIST',
      'EINVAL',
      'ENODEV',
      'ETIMEDOUT',
      'EIO',
      'ESRCH',
    ),
    syscall: fc.constantFrom('holder', 'listen', 'flock', 'ioctl(TUNSETIFF)', 'ioctl(TUNSETOFFLOAD)', 'x'),
    object: fc.constantFrom('io0', undefined),
    reason: fc.constantFrom(...ERROR_REASONS, undefined),
    pid: fc.constantFrom(12, undefined),
  });
  fc.assert(
    fc.property(text, text, text, fields, (one, other, detail, facts) => {
      const blank = hintFor(new SystemError('', facts));
      t.is(hintFor(new SystemError(one, { ...facts, detail })), blank);
      t.is(hintFor(new SystemError(other, facts)), blank);
      const { reason } = facts;
      const options = reason === undefined ? {} : { reason };
      t.is(hintFor(new MalformedError(one, 0, options)), hintFor(new MalformedError('', 0, options)));
      t.is(
        hintFor(new NetlinkError(one, { ...facts, kernelText: other })),
        hintFor(new NetlinkError('', { ...facts, kernelText: '' })),
      );
    }),
    { numRuns: 2000 },
  );
});
