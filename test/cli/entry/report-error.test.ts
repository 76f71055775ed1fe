import { openSync, readFileSync } from 'node:fs';
import test from 'ava';
import { CommanderError } from 'commander';
import { reportError } from '../../../src/cli/entry/report-error.js';
import { ioUringRemedy } from '../../../src/cli/errors/io-uring-remedy.js';
import { ClosedPipe } from '../../../src/cli/process/process-console.js';
import {
  ArgumentRangeError,
  ArgumentTypeError,
  type Facility,
  MalformedError,
  NetlinkError,
  SystemError,
  type SystemErrorFields,
  UnavailableError,
} from '../../../src/errors.js';
import { makeConsole } from '../scripted-console.js';

function system(code: string, syscall: string, fields: Partial<SystemErrorFields> = {}): SystemError {
  return new SystemError('cannot do it', { errno: 1, code, syscall, ...fields });
}

function netlink(code: string): NetlinkError {
  return new NetlinkError('cannot do it', { errno: 1, code, syscall: 'RTM_NEWLINK', kernelText: '' });
}

function unavailable(facility: Facility, code: string): UnavailableError {
  return new UnavailableError('cannot do it', { errno: 1, code, syscall: 'x', facility });
}

function thrown(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

const DOCTOR = 'check this machine: rtap doctor';
const CANNOT = 'rtap: cannot do it';
const USAGE_HINT = 'hint: list the commands: rtap --help';

const rows: readonly (readonly [what: string, error: unknown, code: number, ...lines: readonly string[]])[] =
  [
    ['the caller gives a wrong type', new ArgumentTypeError('cannot read x'), 1, 'rtap: cannot read x'],
    ['the caller goes beyond a bound', new ArgumentRangeError('cannot use 9'), 1, 'rtap: cannot use 9'],
    [
      'commander refuses',
      new CommanderError(1, 'commander.unknownOption', "error: unknown option '--x'"),
      1,
      'rtap: cannot use option "--x": there is no such option',
      USAGE_HINT,
    ],
    [
      'commander knows better',
      new CommanderError(
        1,
        'commander.unknownCommand',
        "error: unknown command 'shwo'\n(Did you mean show?)",
      ),
      1,
      'rtap: cannot run "shwo": there is no such command',
      'hint: did you mean show?',
    ],
    [
      'commander printed the help for want of a command',
      new CommanderError(1, 'commander.help', '(outputHelp)'),
      1,
    ],
    ['commander printed the help', new CommanderError(0, 'commander.helpDisplayed', ''), 0],
    ['the reader of the output has left', new ClosedPipe('the reader of the output has left'), 0],
    [
      'input is malformed',
      new MalformedError('cannot read capture "x": cut', 7),
      3,
      'rtap: cannot read capture "x": cut',
    ],
    ['the kernel refuses', system('EINVAL', 'x'), 2, CANNOT],
    [
      'a TAP is refused',
      system('EPERM', 'ioctl(TUNSETIFF)'),
      2,
      CANNOT,
      'hint: run as root, grant CAP_NET_ADMIN, or make the device with --owner for this user',
    ],
    [
      'the driver may not be opened',
      system('EACCES', 'open(/dev/net/tun)'),
      2,
      CANNOT,
      'hint: run as root, or let this user open it: chmod 666 /dev/net/tun, or a udev rule',
    ],
    [
      'another ioctl is refused',
      system('EPERM', 'ioctl(TUNSETOWNER)'),
      2,
      CANNOT,
      'hint: run as root, or grant CAP_NET_ADMIN',
    ],
    [
      'there is no such device',
      system('ENODEV', 'x'),
      2,
      CANNOT,
      'hint: list the TAP devices of this network namespace: rtap list',
    ],
    ['the name is taken', system('EEXIST', 'x'), 2, CANNOT, 'hint: choose another name'],
    [
      'the device is down',
      system('EIO', 'write', { object: 'io0', reason: 'device-down' }),
      2,
      CANNOT,
      'hint: switch it on: rtap up io0',
    ],
    ['a disk fails', system('EIO', 'write', { object: '/x.pcap' }), 2, CANNOT],
    [
      'a single-queue device is busy',
      system('EBUSY', 'ioctl(TUNSETIFF)'),
      2,
      CANNOT,
      'hint: a single-queue device serves one process; find out which one: rtap show DEVICE',
    ],
    [
      'the queues are read by others',
      system('EBUSY', 'x'),
      2,
      CANNOT,
      'hint: find out which process: rtap show DEVICE',
    ],
    ['netlink refuses', netlink('EPERM'), 2, CANNOT, 'hint: run as root, or grant CAP_NET_ADMIN'],
    ['netlink refuses a value', netlink('EINVAL'), 2, CANNOT],
    [
      'there is no liburing',
      unavailable('liburing', 'ENOENT'),
      4,
      CANNOT,
      `hint: install liburing: apt install liburing2 (Debian, Ubuntu), dnf install liburing (Fedora), zypper install liburing2 (SUSE); ${DOCTOR}`,
    ],
    [
      'io_uring is switched off',
      unavailable('io_uring', 'EPERM'),
      4,
      CANNOT,
      `hint: ${ioUringRemedy({ code: 'EPERM', reason: undefined })}; ${DOCTOR}`,
    ],
    [
      'memory cannot be locked',
      unavailable('io_uring-memory', 'ENOMEM'),
      4,
      CANNOT,
      `hint: raise the limit of locked memory (RLIMIT_MEMLOCK): ulimit -l unlimited as root, or LimitMEMLOCK=infinity in a unit; ${DOCTOR}`,
    ],
    [
      'there is no /dev/net/tun',
      unavailable('tun', 'ENOENT'),
      4,
      CANNOT,
      `hint: load the driver: modprobe tun; in a container: --device /dev/net/tun; ${DOCTOR}`,
    ],
    [
      'there is no TUN driver',
      unavailable('tun', 'ENODEV'),
      4,
      CANNOT,
      `hint: load the driver: modprobe tun; ${DOCTOR}`,
    ],
    [
      'a file is missing',
      thrown(() => openSync('/nonexistent/x', 'r')),
      2,
      'rtap: cannot open "/nonexistent/x": open failed with ENOENT (there is no such file or directory)',
    ],
    [
      'a folder stands for a file',
      thrown(() => readFileSync('/')),
      2,
      'rtap: cannot read "a file": read failed with EISDIR (it is a directory)',
    ],
  ];

for (const [what, error, code, ...lines] of rows) {
  test(`reportError exits with ${code} when ${what}`, (t) => {
    const console = makeConsole();
    t.is(reportError(error, console), code);
    t.deepEqual(console.noted, lines);
    t.deepEqual(console.printed, []);
  });
}

test('reportError exits with 1 for a mistake of the caller whatever its message says', (t) => {
  for (const error of [new ArgumentRangeError('nine'), new ArgumentTypeError('')]) {
    const console = makeConsole();
    t.is(reportError(error, console), 1);
    t.deepEqual(console.noted, [`rtap: ${error.message}`]);
  }
});

const faults: readonly unknown[] = [
  thrown(() => (undefined as unknown as { x: number }).x),
  thrown(() => new Array(-1)),
  thrown(() => Buffer.alloc(8).readUInt32LE(9)),
  new Error('cannot be'),
  new RangeError('cannot be'),
  new TypeError('cannot be'),
  new SyntaxError('cannot parse'),
  'a string',
  undefined,
  null,
];

for (const [row, fault] of faults.entries()) {
  test(`reportError throws the error again and prints nothing when the program is at fault (row ${row})`, (t) => {
    const console = makeConsole();
    t.is(
      thrown(() => reportError(fault, console)),
      fault,
    );
    t.deepEqual(console.noted, []);
  });
}
