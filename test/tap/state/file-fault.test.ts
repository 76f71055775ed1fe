import test from 'ava';
import { describeFileFault } from '../../../src/tap/state/file-fault.js';
import { fileRefused } from '../../../src/tap/state/file-refusal.js';

test('describeFileFault adds a sentence to the name of the errno when it has one for it', (t) => {
  t.is(describeFileFault('open', 'ENOENT'), 'open failed with ENOENT (there is no such file or directory)');
  t.is(describeFileFault('write', 'ENOSPC'), 'write failed with ENOSPC (the disk is full)');
  t.is(describeFileFault('read', 'EIO'), 'read failed with EIO');
});

test("fileRefused makes a SystemError that names the file when Node's own does not", (t) => {
  const error = fileRefused('read', '/tmp', 'EISDIR');
  t.is(error.message, 'cannot read "/tmp": read failed with EISDIR (it is a directory)');
  t.like(error, { errno: 21, code: 'EISDIR', syscall: 'read', object: '/tmp' });
});
