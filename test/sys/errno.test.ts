import { spawnSync } from 'node:child_process';
import test from 'ava';
import { NetlinkError, SystemError, UnavailableError } from '../../src/errors.js';
import {
  callError,
  errnoName,
  errnoOf,
  errnoOrZero,
  isSystemError,
  netlinkError,
  systemError,
  unavailableError,
} from '../../src/sys/errno.js';

/** The names of all errnos in this platform's C headers, from Python. */
function errnosOfPython(): [number: number, name: string][] {
  const script = 'import errno, json; print(json.dumps(list(errno.errorcode.items())))';
  const { stdout } = spawnSync('python3', ['-c', script], { encoding: 'utf8' });
  return JSON.parse(stdout);
}

test('errnoOf agrees with the C headers about every errno that both know', (t) => {
  let compared = 0;
  for (const [number, name] of errnosOfPython()) {
    t.is(errnoOf(name), number, name);
    compared++;
  }
  t.true(compared > 100, `${compared} compared`);
});

for (const code of [
  'EPERM',
  'EAGAIN',
  'EOPNOTSUPP',
  'EBADFD',
  'ENOBUFS',
  'E2BIG',
  'EBUSY',
  'ENODEV',
  'EDEADLK',
]) {
  test(`errnoName and errnoOf agree when the code is ${code}`, (t) => {
    t.is(errnoName(errnoOf(code)), code);
  });
}

test('errnoName returns the number when the platform has no name', (t) => {
  t.is(errnoName(4095), 'errno 4095');
});

test('errnoOf throws a RangeError when there is no errno with that name', (t) => {
  t.throws(() => errnoOf('ENOTHING'), {
    instanceOf: RangeError,
    message: 'cannot look up "ENOTHING": no such errno on this platform',
  });
});

test('errnoOrZero is 0 when no errno is called so', (t) => {
  t.is(errnoOrZero('EPERM'), 1);
  for (const name of ['ENOTHING', '', 'constructor', '__proto__']) t.is(errnoOrZero(name), 0, name);
});

test('callError has errno, code, syscall and object beside its message', (t) => {
  const error = callError({ action: 'create', object: 'io0' }, 'ioctl(TUNSETIFF)', errnoOf('EPERM'));
  t.true(error instanceof SystemError);
  t.like(error, {
    message: 'cannot create "io0": ioctl(TUNSETIFF) failed with EPERM',
    detail: 'ioctl(TUNSETIFF) failed with EPERM',
    errno: 1,
    code: 'EPERM',
    syscall: 'ioctl(TUNSETIFF)',
    object: 'io0',
    reason: undefined,
    pid: undefined,
  });
});

test('callError names the number when the platform has no name for it', (t) => {
  const error = callError({ action: 'open', object: 'x' }, 'open', 4095);
  t.like(error, { errno: 4095, code: 'errno 4095' });
});

test('systemError says what happened, and carries why', (t) => {
  const cause = new Error('before');
  const error = systemError({
    action: 'hold',
    object: 'io0',
    code: 'ETIMEDOUT',
    syscall: 'holder',
    detail: 'its holder is stopped',
    reason: 'holder-stopped',
    pid: 12,
    cause,
  });
  t.like(error, {
    message: 'cannot hold "io0": its holder is stopped',
    detail: 'its holder is stopped',
    errno: 110,
    code: 'ETIMEDOUT',
    object: 'io0',
    reason: 'holder-stopped',
    pid: 12,
    cause,
  });
});

test('systemError puts no object into its message when the action names it', (t) => {
  const error = systemError({ action: 'use queue 9', code: 'EINVAL', syscall: 'x', detail: 'there are 4' });
  t.is(error.message, 'cannot use queue 9: there are 4');
  t.is(error.object, undefined);
});

test('systemError throws a RangeError when its code is none and no errno is given', (t) => {
  const failure = { action: 'open', object: 'x', code: 'ENOTHING', syscall: 'open' };
  t.throws(() => systemError(failure), { instanceOf: RangeError });
  t.like(systemError({ ...failure, errno: 0 }), { errno: 0, code: 'ENOTHING' });
});

test('netlinkError adds what the kernel says, when it says something', (t) => {
  const failure = { action: 'change', object: 'io0', code: 'EINVAL', syscall: 'RTM_SETLINK' };
  const explained = netlinkError('mtu too small', failure);
  t.true(explained instanceof NetlinkError);
  t.like(explained, {
    message: 'cannot change "io0": RTM_SETLINK failed with EINVAL (mtu too small)',
    kernelText: 'mtu too small',
    code: 'EINVAL',
    object: 'io0',
  });
  t.like(netlinkError('', failure), {
    message: 'cannot change "io0": RTM_SETLINK failed with EINVAL',
    kernelText: '',
  });
});

test('unavailableError says what this machine lacks', (t) => {
  const failure = { action: 'load', object: 'liburing.so.2', code: 'ENOENT', syscall: 'dlopen' };
  const error = unavailableError('liburing', { ...failure, detail: 'no such file' });
  t.true(error instanceof UnavailableError);
  t.like(error, { message: 'cannot load "liburing.so.2": no such file', facility: 'liburing', errno: 2 });
});

test('isSystemError requires one of the codes when there are any', (t) => {
  const error = systemError({ action: 'open', object: 'x', code: 'ENOENT', syscall: 'open' });
  t.true(isSystemError(error));
  t.true(isSystemError(error, 'EPERM', 'ENOENT'));
  t.false(isSystemError(error, 'EPERM'));
  t.false(isSystemError(new Error('ENOENT'), 'ENOENT'));
  t.false(isSystemError(undefined));
});
