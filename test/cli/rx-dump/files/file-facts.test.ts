import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { fileFacts } from '../../../../src/cli/rx-dump/files/file-facts.js';
import { SystemError } from '../../../../src/errors.js';

test('fileFacts says what was to be done with a file when the kernel tells nothing of it', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'rtap-test-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'loop');
  symlinkSync(path, path);
  for (const action of ['read', 'write'] as const) {
    t.throws(() => fileFacts(path, action), {
      instanceOf: SystemError,
      message: `cannot ${action} "${path}": ${action} failed with ELOOP (the path has too many symbolic links)`,
    });
  }
  t.is(fileFacts(join(directory, 'absent'), 'write'), undefined);
  t.true(fileFacts(directory, 'read')?.isDirectory());
});
