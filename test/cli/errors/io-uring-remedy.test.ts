import test from 'ava';
import { ioUringRemedy } from '../../../src/cli/errors/io-uring-remedy.js';

const FREE = { filtered: false, disabled: '0' };
const FILTERED = { filtered: true, disabled: '0' };
/** What a profile must allow: rtap makes no other call of io_uring. */
const CALLS = /allow io_uring_setup, io_uring_enter and io_uring_register in the seccomp profile/;

test('ioUringRemedy names the sysctl when it refuses io_uring, and the group only where that helps', (t) => {
  const everyone = ioUringRemedy({ code: 'EPERM', reason: undefined }, { filtered: true, disabled: '2' });
  t.regex(everyone, /kernel\.io_uring_disabled=0 \(now 2\)/);
  t.notRegex(everyone, /group|root/);
  const others = ioUringRemedy({ code: 'EPERM', reason: undefined }, { filtered: true, disabled: '1' });
  t.regex(others, /kernel\.io_uring_disabled=0 \(now 1\), .*kernel\.io_uring_group/);
});

test('ioUringRemedy names the three calls when a filter refuses one', (t) => {
  // Docker answers EPERM, Podman ENOSYS.
  for (const code of ['EPERM', 'ENOSYS', 'EACCES'])
    t.regex(ioUringRemedy({ code, reason: undefined }, FILTERED), CALLS);
  t.regex(ioUringRemedy({ code: 'ENOSYS', reason: undefined }, { filtered: true, disabled: '2' }), CALLS);
  t.regex(
    ioUringRemedy({ code: 'EPERM', reason: 'call-filtered' }, { filtered: true, disabled: '2' }),
    CALLS,
  );
});

test('ioUringRemedy blames the kernel or a security module when there is no filter', (t) => {
  t.regex(ioUringRemedy({ code: 'ENOSYS', reason: undefined }, FREE), /^use a kernel with CONFIG_IO_URING/);
  t.regex(
    ioUringRemedy({ code: 'ENOSYS', reason: undefined }, { filtered: false, disabled: '' }),
    /^use a kernel/,
  );
  for (const code of ['EPERM', 'EACCES'])
    t.regex(ioUringRemedy({ code, reason: undefined }, FREE), /security module/);
});
