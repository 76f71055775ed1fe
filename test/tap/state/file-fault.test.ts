import test from 'ava';
import { describeFileFault } from '../../../src/tap/state/file-fault.js';
import { fileRefused } from '../../../src/tap/state/file-refusal.js';

test('describeFileFault adds a sentence where there is one, and keeps the name of the errno', (t) => {
  t.is(describeFileFault('open', 'ENOENT'), 'open failed with ENOENT (there is no such file or folder)');
  t.is(describeFileFault('write', 'ENOSPC'), 'write failed with ENOSPC (the disk is full)');
  t.is(describeFileFault('read', 'EIO'), 'read failed with EIO');
});

test('fileRefused is a SystemError of the file when Node names another or none', (t) => {
  const error = fileRefused('read', '/tmp', 'EISDIR');
  t.is(error.message, 'cannot read "/tmp": read failed with EISDIR (it is a folder)');
  t.like(error, { errno: 21, code: 'EISDIR', syscall: 'read', object: '/tmp' });
});
