import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { networkNamespaceCookie } from '../../../src/sys/network-namespace.js';
import { ROLE_READER } from '../../../src/tap/counters/counter-layout.js';
import { CounterWriter } from '../../../src/tap/counters/counter-writer.js';
import { removeStaleDirectories } from '../../../src/tap/device/leftovers.js';
import { findDeviceDirectory, openDeviceDirectory } from '../../../src/tap/state/runtime-directory.js';
import { makeFolder } from '../scratch-folder.js';

const cookie = networkNamespaceCookie();

// Every test has a runtime directory of its own in the environment, so they are serial.
test.serial.beforeEach(() => {
  delete process.env.XDG_RUNTIME_DIR;
  process.env.RTAP_RUNTIME_DIR = makeFolder();
});

function root(): string {
  return process.env.RTAP_RUNTIME_DIR!;
}

test.serial('removeStaleDirectories removes the folders of devices when these do not exist any more', (t) => {
  for (const ifindex of [1, 2, 3]) openDeviceDirectory(ifindex, {});
  mkdirSync(join(root(), cookie, 'no-number'));
  mkdirSync(join(root(), '1', '9'), { recursive: true });
  t.deepEqual(removeStaleDirectories(() => new Set([2, 8])).sort(), [1, 3]);
  t.deepEqual(readdirSync(join(root(), cookie)).sort(), ['2', 'no-number']);
  t.true(existsSync(join(root(), '1', '9')), 'another namespace is left alone');
  t.deepEqual(
    removeStaleDirectories(() => new Set([2])),
    [],
  );
});

test.serial('removeStaleDirectories leaves the folder of a device when this is being made meanwhile', (t) => {
  openDeviceDirectory(1, {});
  const stale = removeStaleDirectories(() => {
    openDeviceDirectory(2, {});
    return new Set([1]);
  });
  t.deepEqual(stale, []);
  t.not(findDeviceDirectory(2), undefined);
});

test.serial('removeStaleDirectories removes a folder when it is half made, or of an earlier boot', (t) => {
  for (const ifindex of [1, 2]) openDeviceDirectory(ifindex, {});
  writeFileSync(join(root(), cookie, '2', 'boot-id'), 'another boot\n');
  mkdirSync(join(root(), cookie, '1.AbC123'));
  mkdirSync(join(root(), cookie, '7.AbC123'));
  t.deepEqual(removeStaleDirectories(() => new Set([1, 2])).sort(), [2, 7]);
  const left = readdirSync(join(root(), cookie)).sort();
  t.deepEqual(left, ['1', '1.AbC123'], 'another process may be making the folder of device 1 just now');
});

test.serial('removeStaleDirectories removes nothing when no root can be written', (t) => {
  const file = join(makeFolder(), 'file');
  writeFileSync(file, '');
  process.env.RTAP_RUNTIME_DIR = join(file, 'below');
  t.deepEqual(
    removeStaleDirectories(() => new Set()),
    [],
  );
});

test.serial('removeStaleDirectories follows no link when one has the name of a device folder', (t) => {
  openDeviceDirectory(3, {});
  const elsewhere = makeFolder();
  writeFileSync(join(elsewhere, 'precious'), '');
  symlinkSync(elsewhere, join(root(), cookie, '5'));
  t.deepEqual(
    removeStaleDirectories(() => new Set([3])),
    [],
  );
  t.deepEqual(readdirSync(elsewhere), ['precious']);
});

test.serial(
  'removeStaleDirectories leaves the folder of a device that moved while a process counts there',
  (t) => {
    const writer = CounterWriter.open(openDeviceDirectory(3, {})!, 1, ROLE_READER);
    const remove = () => removeStaleDirectories(() => new Set());
    t.deepEqual(remove(), []);
    writer[Symbol.dispose]();
    t.deepEqual(remove(), [3]);
    t.is(findDeviceDirectory(3), undefined);
  },
);
