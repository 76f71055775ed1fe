import { spawnSync } from 'node:child_process';
import test from 'ava';
import { SystemError } from '../../src/errors.js';
import { errnoName, errnoOf, isSystemError, systemError } from '../../src/sys/errno.js';

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

test('systemError has errno, code and syscall besides its message', (t) => {
  const error = systemError('create', 'io0', 'ioctl(TUNSETIFF)', errnoOf('EPERM'));
  t.true(error instanceof SystemError);
  t.is(error.message, 'cannot create "io0": ioctl(TUNSETIFF) failed with EPERM');
  t.is(error.errno, 1);
  t.is(error.code, 'EPERM');
  t.is(error.syscall, 'ioctl(TUNSETIFF)');
});

test('isSystemError requires one of the codes when there are any', (t) => {
  const error = systemError('open', 'x', 'open', errnoOf('ENOENT'));
  t.true(isSystemError(error));
  t.true(isSystemError(error, 'EPERM', 'ENOENT'));
  t.false(isSystemError(error, 'EPERM'));
  t.false(isSystemError(new Error('ENOENT'), 'ENOENT'));
  t.false(isSystemError(undefined));
});
