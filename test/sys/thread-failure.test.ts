import test from 'ava';
import { SystemError, UnavailableError } from '../../src/errors.js';
import { describeFailure, failureError } from '../../src/sys/thread-failure.js';

/** Returns what another thread gets for `error`. */
function across(error: unknown): Error {
  return failureError(structuredClone(describeFailure(error)));
}

test('failureError makes an equal error on the other side of a thread', (t) => {
  const system = {
    errno: 22,
    code: 'EINVAL',
    syscall: 'io_uring_register_files',
    object: 'files',
    detail: 'it failed',
    reason: 'device-down',
    pid: 12,
  } as const;
  const refused = across(new SystemError('cannot register "files": it failed', system));
  t.true(refused instanceof SystemError && !(refused instanceof UnavailableError));
  t.like(refused, { message: 'cannot register "files": it failed', ...system });

  const facts = {
    errno: 12,
    code: 'ENOMEM',
    syscall: 'io_uring_queue_init',
    object: 'io_uring',
    facility: 'io_uring-memory',
  } as const;
  const unable = across(new UnavailableError('cannot make an io_uring: no memory', facts));
  t.true(unable instanceof UnavailableError);
  t.like(unable, { message: 'cannot make an io_uring: no memory', ...facts });
});

test('failureError keeps the message when the error is of another class, or no Error', (t) => {
  t.like(across(new RangeError('cannot map 1 bytes')), { name: 'Error', message: 'cannot map 1 bytes' });
  t.is(across('a word').message, 'a word');
});
