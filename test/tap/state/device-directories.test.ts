import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { networkNamespaceCookie } from '../../../src/sys/network-namespace.js';
import { DeviceDirectories } from '../../../src/tap/state/device-directories.js';
import { findDeviceDirectory, openDeviceDirectory } from '../../../src/tap/state/runtime-directory.js';
import { makeFolder } from '../scratch-folder.js';

const cookie = networkNamespaceCookie();
const BOOT_ID = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1');
const INDEXES = [3, 4, 5, 6, 7, 33];

// Every test has a runtime directory of its own in the environment, so they are serial.
test.serial.beforeEach(() => {
  delete process.env.XDG_RUNTIME_DIR;
  process.env.RTAP_RUNTIME_DIR = makeFolder();
});

function namespace(): string {
  return join(process.env.RTAP_RUNTIME_DIR!, cookie);
}

test.serial('DeviceDirectories finds no device when there is no folder at all', (t) => {
  t.is(DeviceDirectories.read().find(3), undefined);
  rmSync(process.env.RTAP_RUNTIME_DIR!, { recursive: true });
  t.is(DeviceDirectories.read().find(3), undefined);
});

test.serial(
  'DeviceDirectories finds the same folders as findDeviceDirectory when some are stale, links or files',
  (t) => {
    for (const index of [3, 4, 33]) openDeviceDirectory(index, {});
    writeFileSync(join(namespace(), '4/boot-id'), 'another boot\n');
    symlinkSync(join(namespace(), '3'), join(namespace(), '5'));
    writeFileSync(join(namespace(), '6'), BOOT_ID);
    mkdirSync(join(namespace(), '7'));
    const directories = DeviceDirectories.read();
    const found = INDEXES.map((index) => directories.find(index));
    t.deepEqual(found, INDEXES.map(findDeviceDirectory));
    t.deepEqual(
      found.map((path) => path !== undefined),
      [true, false, false, false, false, true],
    );
  },
);

test.serial(
  'DeviceDirectories finds a folder in the second root when the first has none for the device',
  (t) => {
    delete process.env.RTAP_RUNTIME_DIR;
    process.env.XDG_RUNTIME_DIR = makeFolder();
    const path = join(process.env.XDG_RUNTIME_DIR, 'rtap', cookie, '2147483647');
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'boot-id'), BOOT_ID);
    t.is(DeviceDirectories.read().find(2147483647), path);
  },
);

test.serial("DeviceDirectories follows no link when the namespace's folder is one", (t) => {
  const elsewhere = join(makeFolder(), '3');
  mkdirSync(elsewhere);
  writeFileSync(join(elsewhere, 'boot-id'), BOOT_ID);
  symlinkSync(join(elsewhere, '..'), namespace());
  t.is(DeviceDirectories.read().find(3), undefined);
});

test.serial('DeviceDirectories finds nothing when a folder was removed after the reading', (t) => {
  const path = openDeviceDirectory(3, {})!;
  const directories = DeviceDirectories.read();
  t.is(directories.find(3), path);
  rmSync(path, { recursive: true });
  t.is(directories.find(3), undefined);
});

test.serial(
  "DeviceDirectories finds a device when its namespace's folder can be entered and not listed",
  (t) => {
    const path = openDeviceDirectory(3, {})!;
    chmodSync(namespace(), 0o311);
    t.is(DeviceDirectories.read().find(3), path);
  },
);
