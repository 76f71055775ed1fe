import test from 'ava';
import { assertRunnable } from '../../../src/cli/process/command-lookup.js';
import { SystemError } from '../../../src/errors.js';

test('assertRunnable finds what execvp(3) would run', (t) => {
  t.notThrows(() => assertRunnable('sh'));
  t.notThrows(() => assertRunnable('/bin/sh'));
  for (const [program, code, message] of [
    ['no-such-command', 'ENOENT', 'cannot run "no-such-command": there is no such command'],
    ['/no/such', 'ENOENT', 'cannot run "/no/such": there is no such command'],
    ['/etc/passwd', 'EACCES', 'cannot run "/etc/passwd": execve failed with EACCES (permission denied)'],
    ['/etc', 'EACCES', 'cannot run "/etc": execve failed with EACCES (permission denied)'],
  ] as const) {
    const error = t.throws(() => assertRunnable(program), { instanceOf: SystemError, message });
    t.is(error?.code, code);
  }
  t.throws(() => assertRunnable('sh', '/etc'), { instanceOf: SystemError });
});
