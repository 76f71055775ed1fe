import test from 'ava';
import fc from 'fast-check';
import { CommandWriter } from '../../../src/cli/errors/command-writer.js';
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
  t.regex(hintFor(refused('EADDRINUSE', 'listen', '127.0.0.1:80'))!, /: ss -ltnp; /);
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

test('hintFor names the limits of processes when the kernel starts no more', (t) => {
  const spawned = Object.assign(new Error('spawn bash EAGAIN'), { code: 'EAGAIN', syscall: 'spawn bash' });
  for (const error of [
    spawned,
    reasoned('processes-exhausted', 'EAGAIN'),
    reasoned('process-failed', 'ETIMEDOUT'),
  ])
    t.regex(hintFor(error)!, /ulimit -u, pids\.max of the cgroup, in a container --pids-limit/);
  t.is(hintFor(Object.assign(new Error('read EAGAIN'), { code: 'EAGAIN', syscall: 'read' })), undefined);
});

test('hintFor names the longest queue that every kernel takes', (t) => {
  t.is(
    hintFor(reasoned('queue-too-long', 'ERANGE')),
    'newer kernels take 32767 at most (Linux 6.12.117, 7.2.13)',
  );
});

test('hintFor tells how to load eBPF programs, and what to do where a rule or a holder does not fit', (t) => {
  t.is(
    hintFor(reasoned('bpf-denied', 'EPERM')),
    'run as root outside of a user namespace, or grant CAP_BPF; check this machine: rtap doctor',
  );
  t.regex(hintFor(reasoned('program-refused', 'EACCES'))!, /^a smaller map may help; /);
  t.is(
    hintFor(reasoned('single-queue', 'EINVAL')),
    'make it again with several queues: rtap delete io0 && rtap create io0 --persist',
  );
  t.is(
    hintFor(reasoned('holder-incompatible', 'EBADMSG')),
    'if it is of another version of rtap, take over from it: rtap hold io0 --take-over',
  );
  t.is(
    hintFor(unavailable('bpf', 'ENOSYS')),
    'use a kernel with CONFIG_BPF_SYSCALL; check this machine: rtap doctor',
  );
});

test('hintFor points to the doctor whenever the machine lacks something', (t) => {
  for (const facility of ['liburing', 'io_uring', 'io_uring-memory', 'tun', 'libpcap'] as const) {
    t.regex(hintFor(unavailable(facility))!, /; check this machine: rtap doctor$/);
  }
});

test('hintFor distinguishes the faults of io_uring', (t) => {
  t.regex(hintFor(unavailable('io_uring-memory'))!, /RLIMIT_MEMLOCK/);
  t.regex(
    hintFor(unavailable('io_uring', 'ENOSYS'))!,
    /^(?:use a kernel with CONFIG_IO_URING|this process has)/,
  );
});

test('hintFor explains how to get /dev/net/tun', (t) => {
  t.regex(hintFor(unavailable('tun', 'ENOENT'))!, /--device \/dev\/net\/tun/);
  t.regex(hintFor(unavailable('tun', 'ENODEV'))!, /modprobe tun/);
});

test('hintFor has a hint for frequent refusals of the kernel', (t) => {
  const rows: readonly (readonly [SystemError, RegExp])[] = [
    [refused('EPERM', 'ioctl(TUNSETIFF)'), /CAP_NET_ADMIN.*--owner/],
    [refused('EACCES', 'open(/dev/net/tun)'), /let this user open it: chmod 666 \/dev\/net\/tun/],
    [refused('EPERM', 'ioctl(TUNSETPERSIST)'), /^run as root/],
    [refused('ENODEV'), /: rtap list$/],
    [refused('EEXIST'), /^choose another name$/],
    [refused('ENOSPC'), /^make room on the disk: the file is whole up to its last packet$/],
    [refused('ENOSPC', 'write', 'standard output'), /^make room where standard output goes: /],
    [refused('EBUSY', 'ioctl(TUNSETIFF)'), /single-queue/],
    [refused('EBUSY', 'RTM_GETLINK', 'io0'), /^find out which process: rtap show io0$/],
    [
      refused('EOPNOTSUPP', 'ioctl(TUNSETOFFLOAD)', 'io0'),
      /^tso and uso need scatter-gather: ethtool -K io0 sg on; list what is on: ethtool -k io0$/,
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
  for (const code of ['ENOENT', 'EINVAL'])
    t.regex(hintFor(refusedEntry(code))!, /^give a name, .*: ip netns list$/);
  for (const code of ['EPERM', 'EACCES']) t.regex(hintFor(refusedEntry(code))!, /CAP_SYS_ADMIN/);
});

test('hintFor explains --netns when a device has moved to another network namespace', (t) => {
  t.regex(
    hintFor(reasoned('device-moved', 'ENODEV'))!,
    /^name its new network namespace with --netns: a name, .*: ip netns list$/,
  );
});

test('hintFor names the map of a user namespace when an id is not in it', (t) => {
  const unmapped = (kind: string) => reasoned('id-not-mapped', 'EINVAL', { syscall: `ioctl(TUNSET${kind})` });
  t.regex(hintFor(unmapped('OWNER'))!, /: cat \/proc\/self\/uid_map; /);
  t.regex(hintFor(unmapped('GROUP'))!, /: cat \/proc\/self\/gid_map; /);
});

test('hintFor has a hint for each refusal by a device or its holder', (t) => {
  const rows: readonly (readonly [error: SystemError, hint: string])[] = [
    [
      reasoned('borrowing-denied', 'EACCES'),
      'run as root, or as the user of the holder; a holder can lend to a group: rtap hold io0 --group GROUP',
    ],
    [reasoned('ending-denied', 'EACCES'), 'run as root, or as the user of the holder'],
    [reasoned('no-holder', 'ESRCH'), 'start a holder: rtap hold io0 --detach'],
    [
      reasoned('holder-exists', 'EBUSY'),
      'take over from it: rtap hold io0 --take-over; or end it: rtap release io0',
    ],
    [
      reasoned('holder-silent', 'ETIMEDOUT', { pid: 12 }),
      'this machine may be very busy: try again, or end the holder by its process id',
    ],
    [
      reasoned('holder-stopped', 'ETIMEDOUT'),
      'this machine may be very busy: try again, or end the holder by its process id',
    ],
    [reasoned('holder-stopped', 'ETIMEDOUT', { pid: 12 }), 'let it continue: kill -CONT 12'],
    [
      reasoned('queues-not-free', 'EBUSY'),
      'a holder needs all queues; find out which process to end first: rtap show io0',
    ],
    [
      reasoned('holder-died', 'EBUSY'),
      'a holder needs all queues; find out which process to end first: rtap show io0',
    ],
    [
      reasoned('queues-in-use', 'EBUSY'),
      'find out which process: rtap show io0; with --share, rx-dump and fwd attach beside it and compete with it for frames',
    ],
    [
      reasoned('single-queue-in-use', 'EBUSY'),
      'a single-queue device serves one process; find out which one: rtap show io0',
    ],
    [
      reasoned('queue-leased', 'EBUSY'),
      'with --share, rx-dump and fwd attach beside it and compete with it for frames',
    ],
    [
      reasoned('runtime-directory-denied', 'EACCES'),
      `${process.geteuid?.() === 0 ? '' : 'run as root, or '}set RTAP_RUNTIME_DIR to a directory that this user can write`,
    ],
    [reasoned('device-down', 'EIO'), 'switch it on: rtap up io0'],
    [
      reasoned('device-exists', 'EEXIST'),
      'choose another name, add --exist-ok to use this device, or remove it: rtap delete io0',
    ],
    [reasoned('name-taken', 'EEXIST'), 'choose another name'],
    [
      reasoned('header-missing', 'EINVAL', { syscall: 'ioctl(TUNSETOFFLOAD)' }),
      'end the program that holds it, or make that program attach with IFF_VNET_HDR',
    ],
    [
      reasoned('offload-unknown', 'EINVAL', { syscall: 'ioctl(TUNSETOFFLOAD)' }),
      'leave that offload out; uso needs Linux 6.2 or newer',
    ],
    [
      reasoned('header-too-large', 'EINVAL', { syscall: 'ioctl(TUNGETVNETHDRSZ)' }),
      'make the device again, with a header of 10 bytes: rtap delete io0 && rtap create io0 --persist',
    ],
  ];
  for (const [error, hint] of rows) t.is(hintFor(error), hint, error.reason);
});

test('hintFor has a hint when an older holder refuses without a reason', (t) => {
  t.is(hintFor(refused('EBUSY', 'holder', 'io0')), 'find out which process: rtap show io0');
  for (const code of ['EACCES', 'EPERM'])
    t.is(hintFor(refused(code, 'holder', 'io0')), 'run as root, or as the user of the holder');
  for (const code of ['EBADMSG', 'EAGAIN', 'EINVAL'])
    t.is(hintFor(refused(code, 'holder', 'io0')), undefined, code);
});

test('hintFor writes commands for the network namespace of the present command', (t) => {
  const down = reasoned('device-down', 'EIO');
  const scatter = refused('EOPNOTSUPP', 'ioctl(TUNSETOFFLOAD)', 'io0');
  const rows: readonly (readonly [namespace: string, own: string, other: string])[] = [
    ['blue', 'rtap --netns blue up io0', 'ip netns exec blue ethtool -K io0 sg on;'],
    ['12', 'rtap --netns 12 up io0', 'nsenter -t 12 -n ethtool -K io0 sg on;'],
    ['/run/a b', "rtap --netns '/run/a b' up io0", "nsenter '--net=/run/a b' ethtool -K io0 sg on;"],
    ["it's", "rtap --netns 'it'\\''s' up io0", "ip netns exec 'it'\\''s' ethtool -K io0 sg on;"],
  ];
  for (const [namespace, own, other] of rows) {
    const commands = new CommandWriter(namespace);
    t.is(hintFor(down, commands), `switch it on: ${own}`);
    t.true(hintFor(scatter, commands)!.includes(`: ${other}`), hintFor(scatter, commands));
  }
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

test('hintFor tells how to get more descriptors, also for the errors of Node', (t) => {
  const limit = 'raise the limit of open files: ulimit -n 4096, or LimitNOFILE=4096 in a unit';
  t.is(hintFor(refused('EMFILE', 'open')), limit);
  t.is(hintFor(Object.assign(new Error('EMFILE'), { code: 'EMFILE', syscall: 'open' })), limit);
  t.regex(hintFor(refused('ENFILE', 'socket(AF_UNIX)'))!, /fs\.file-max/);
});

test('hintFor names other rights for a holder that is not trusted', (t) => {
  t.is(hintFor(reasoned('holder-untrusted', 'EACCES')), 'run as root, or grant CAP_NET_ADMIN');
  t.regex(hintFor(reasoned('header-changed', 'EINVAL'))!, /start this command again/);
});
