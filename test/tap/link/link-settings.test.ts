import test from 'ava';
import { SystemError } from '../../../src/errors.js';
import { netlinkError } from '../../../src/sys/errno.js';
import { changeSettings } from '../../../src/tap/link/link-settings.js';

/** Links of a kernel that refuses every change with `code`. */
function refusing(code: string) {
  return {
    change(): void {
      throw netlinkError('', { action: 'change', object: 'io0', code, syscall: 'RTM_SETLINK' });
    },
  };
}

test('changeSettings says which queue is too long when the kernel answers ERANGE', (t) => {
  const error = t.throws(() => changeSettings(refusing('ERANGE'), 1, { txqueuelen: 50_000, up: true }));
  t.true(error instanceof SystemError);
  t.like(error, {
    message: 'cannot change "io0": this kernel does not take a txqueuelen of 50000',
    reason: 'queue-too-long',
    code: 'ERANGE',
    object: 'io0',
  });
});

test('changeSettings blames no queue for another refusal', (t) => {
  t.throws(() => changeSettings(refusing('ERANGE'), 1, { mtu: 9000 }), { name: 'NetlinkError' });
  t.throws(() => changeSettings(refusing('EINVAL'), 1, { txqueuelen: 5 }), { name: 'NetlinkError' });
});
