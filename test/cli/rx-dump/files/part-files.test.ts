import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { statFile } from '../../../../src/cli/rx-dump/files/part-files.js';
import { SystemError } from '../../../../src/errors.js';

test('statFile names the action when the kernel refuses the path', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'rtap-test-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'loop');
  symlinkSync(path, path);
  for (const action of ['read', 'write'] as const) {
    t.throws(() => statFile(path, action), {
      instanceOf: SystemError,
      message: `cannot ${action} "${path}": ${action} failed with ELOOP (the path has too many symbolic links)`,
    });
  }
  t.is(statFile(join(directory, 'absent'), 'write'), undefined);
  t.true(statFile(directory, 'read')?.isDirectory());
});
