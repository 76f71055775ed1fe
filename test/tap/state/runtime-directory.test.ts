import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { networkNamespaceCookie } from '../../../src/sys/network-namespace.js';
import {
  findDeviceDirectory,
  openDeviceDirectory,
  removeDeviceDirectory,
  removeStaleDirectories,
  runtimeRoots,
  writableRuntimeRoot,
} from '../../../src/tap/state/runtime-directory.js';
import { makeFolder } from '../scratch-folder.js';

const cookie = networkNamespaceCookie();
const BOOT_ID = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1');

// Every test has a runtime directory of its own, and therefore they are serial.
test.serial.beforeEach(() => {
  delete process.env.XDG_RUNTIME_DIR;
  process.env.RTAP_RUNTIME_DIR = makeFolder();
});

function root(): string {
  return process.env.RTAP_RUNTIME_DIR!;
}

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}

/** Whether the test is to go on; what needs root is said, and fails in CI. */
function isRoot(t: ExecutionContext): boolean {
  if (process.geteuid?.() === 0) return true;
  if (process.env.CI) t.fail('needs root');
  t.log('skipped: needs root');
  t.pass();
  return false;
}

const environments: readonly (readonly [environment: NodeJS.ProcessEnv, roots: readonly string[]])[] = [
  [{}, ['/run/rtap']],
  [{ RTAP_RUNTIME_DIR: '/a' }, ['/a']],
  [{ RTAP_RUNTIME_DIR: '/a', XDG_RUNTIME_DIR: '/b' }, ['/a']],
  [{ RTAP_RUNTIME_DIR: '', XDG_RUNTIME_DIR: '/b' }, ['/run/rtap', '/b/rtap']],
  [{ XDG_RUNTIME_DIR: '/run/user/1000' }, ['/run/rtap', '/run/user/1000/rtap']],
  [{ XDG_RUNTIME_DIR: '' }, ['/run/rtap']],
];

for (const [environment, roots] of environments) {
  test.serial(
    `runtimeRoots gives ${roots.join(' ')} when the environment is ${JSON.stringify(environment)}`,
    (t) => {
      t.deepEqual(runtimeRoots(environment), [...roots]);
    },
  );
}

test.serial(
  'writableRuntimeRoot gives the root when it exists or can be made, and none when it cannot',
  (t) => {
    t.is(writableRuntimeRoot(), root());
    process.env.RTAP_RUNTIME_DIR = join(makeFolder(), 'to-be-made');
    t.is(writableRuntimeRoot(), root());
    t.deepEqual(readdirSync(dirname(root())), []);
    const file = join(makeFolder(), 'file');
    writeFileSync(file, '', { mode: 0o777 });
    for (const place of [join(makeFolder(), 'missing', 'below'), file, '/proc', '/proc/rtap', '/sys/rtap']) {
      process.env.RTAP_RUNTIME_DIR = place;
      t.is(writableRuntimeRoot(), undefined, place);
    }
  },
);

test.serial('openDeviceDirectory makes namespace, folder and boot id when there is nothing', (t) => {
  const path = openDeviceDirectory(3, {});
  t.is(path, join(root(), cookie, '3'));
  t.deepEqual(readdirSync(join(root(), cookie)), ['3']);
  t.deepEqual(readdirSync(path!), ['boot-id']);
  t.is(readFileSync(join(path!, 'boot-id'), 'latin1'), BOOT_ID);
  t.is(findDeviceDirectory(3), path);
  t.is(findDeviceDirectory(4), undefined);
});

test.serial('openDeviceDirectory gives the same folder, with what is in it, when it is there', (t) => {
  const path = openDeviceDirectory(3, {})!;
  writeFileSync(join(path, 'kept'), '');
  t.is(openDeviceDirectory(3, { owner: 1 }), path);
  t.deepEqual(readdirSync(path).sort(), ['boot-id', 'kept']);
  if (process.getuid?.() === 0) t.is(statSync(path).uid, 1, 'the device has a new owner');
});

test.serial('openDeviceDirectory lets everybody read when the umask is strict', (t) => {
  process.env.RTAP_RUNTIME_DIR = join(makeFolder(), 'made', 'too');
  const umask = process.umask(0o077);
  try {
    const path = openDeviceDirectory(3, {})!;
    for (const made of [root(), join(root(), '..'), join(root(), cookie), path])
      t.is(modeOf(made), 0o755, made);
    t.is(modeOf(join(path, 'boot-id')), 0o644);
  } finally {
    process.umask(umask);
  }
});

test.serial('openDeviceDirectory leaves the mode of a root as it is when that exists already', (t) => {
  chmodSync(root(), 0o700);
  openDeviceDirectory(3, {});
  t.is(modeOf(root()), 0o700);
});

test.serial('openDeviceDirectory gives the folder to the owner of the device when root makes it', (t) => {
  if (!isRoot(t)) return;
  const rows: readonly (readonly [
    owner: number | undefined,
    group: number | undefined,
    uid: number,
    gid: number,
    mode: number,
  ])[] = [
    [undefined, undefined, 0, 0, 0o755],
    [1234, undefined, 1234, 0, 0o755],
    [undefined, 4321, 0, 4321, 0o775],
    [1234, 4321, 1234, 4321, 0o775],
  ];
  for (const [row, [owner, group, uid, gid, mode]] of rows.entries()) {
    const path = openDeviceDirectory(row + 1, { owner, group })!;
    const { uid: uidFound, gid: gidFound } = statSync(path);
    t.deepEqual([uidFound, gidFound, modeOf(path)], [uid, gid, mode]);
  }
  t.is(statSync(join(root(), cookie)).uid, 0, 'the owner of a device cannot replace the folders of others');
});

test.serial('openDeviceDirectory is undefined when no root can be written', (t) => {
  const file = join(makeFolder(), 'file');
  writeFileSync(file, '');
  process.env.RTAP_RUNTIME_DIR = join(file, 'below');
  t.is(openDeviceDirectory(3, {}), undefined);
  t.is(findDeviceDirectory(3), undefined);
  t.deepEqual(
    removeStaleDirectories(() => new Set()),
    [],
  );
  t.notThrows(() => removeDeviceDirectory(3));
});

test.serial('findDeviceDirectory finds nothing when the boot id is stale, cut or missing', (t) => {
  const bootFile = join(openDeviceDirectory(3, {})!, 'boot-id');
  for (const text of ['00000000-0000-0000-0000-000000000000\n', '', BOOT_ID.slice(0, -2), `${BOOT_ID}more`]) {
    writeFileSync(bootFile, text);
    t.is(findDeviceDirectory(3), undefined, JSON.stringify(text));
  }
  rmSync(bootFile);
  t.is(findDeviceDirectory(3), undefined);
  writeFileSync(bootFile, BOOT_ID);
  t.not(findDeviceDirectory(3), undefined);
});

test.serial('openDeviceDirectory begins with nothing when the boot id is stale', (t) => {
  const old = openDeviceDirectory(3, {})!;
  const other = openDeviceDirectory(4, {});
  writeFileSync(join(old, 'counters'), '');
  writeFileSync(join(old, 'boot-id'), 'another boot\n');
  t.is(openDeviceDirectory(3, {}), old);
  t.deepEqual(readdirSync(old), ['boot-id']);
  t.deepEqual(readdirSync(join(root(), cookie)).sort(), ['3', '4']);
  t.is(readFileSync(join(old, 'boot-id'), 'latin1'), BOOT_ID);
  t.is(findDeviceDirectory(4), other);
});

test.serial('openDeviceDirectory takes the place of a folder when its owner could only empty it', (t) => {
  const path = openDeviceDirectory(3, {})!;
  rmSync(join(path, 'boot-id'));
  t.is(openDeviceDirectory(3, {}), path);
  t.is(findDeviceDirectory(3), path);
  t.deepEqual(readdirSync(join(root(), cookie)), ['3']);
});

test.serial('openDeviceDirectory makes nothing when a file stands where a folder should', (t) => {
  mkdirSync(join(root(), cookie));
  writeFileSync(join(root(), cookie, '3'), '');
  t.is(openDeviceDirectory(3, {}), undefined);
  t.deepEqual(readdirSync(join(root(), cookie)), ['3']);
});

test.serial('removeDeviceDirectory removes the namespace, too, when the last device goes', (t) => {
  const first = openDeviceDirectory(3, {})!;
  openDeviceDirectory(4, {});
  writeFileSync(join(first, 'file'), '');
  removeDeviceDirectory(3);
  t.deepEqual(readdirSync(join(root(), cookie)), ['4']);
  removeDeviceDirectory(3);
  removeDeviceDirectory(4);
  t.deepEqual(readdirSync(root()), []);
});

test.serial(
  'removeDeviceDirectory takes files alone, and follows nothing, when others were at work there',
  (t) => {
    const elsewhere = makeFolder();
    writeFileSync(join(elsewhere, 'precious'), '');
    const path = openDeviceDirectory(3, {})!;
    symlinkSync(elsewhere, join(path, 'a-link'));
    mkdirSync(join(path, 'folder'));
    writeFileSync(join(path, 'zz'), '');
    removeDeviceDirectory(3);
    t.deepEqual(readdirSync(path), ['folder']);
    t.deepEqual(readdirSync(elsewhere), ['precious']);
  },
);

test.serial('findDeviceDirectory believes no link when one stands for a device or its namespace', (t) => {
  openDeviceDirectory(3, {});
  const elsewhere = makeFolder();
  symlinkSync(elsewhere, join(root(), cookie, '5'));
  t.is(findDeviceDirectory(5), undefined);
  t.deepEqual(
    removeStaleDirectories(() => new Set([3])),
    [],
  );
  t.deepEqual(readdirSync(elsewhere), []);
});

test.serial('removeStaleDirectories removes the folders of devices when these exist no more', (t) => {
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

test.serial(
  'removeStaleDirectories asks for the devices after it listed the folders when one is just being made',
  (t) => {
    openDeviceDirectory(1, {});
    const stale = removeStaleDirectories(() => {
      openDeviceDirectory(2, {});
      return new Set([1]);
    });
    t.deepEqual(stale, []);
    t.not(findDeviceDirectory(2), undefined);
  },
);

test.serial(
  'removeStaleDirectories removes what is half made, or of an earlier boot, when it finds it',
  (t) => {
    for (const ifindex of [1, 2]) openDeviceDirectory(ifindex, {});
    writeFileSync(join(root(), cookie, '2', 'boot-id'), 'another boot\n');
    mkdirSync(join(root(), cookie, '1.AbC123'));
    mkdirSync(join(root(), cookie, '7.AbC123'));
    t.deepEqual(removeStaleDirectories(() => new Set([1, 2])).sort(), [2, 7]);
    const left = readdirSync(join(root(), cookie)).sort();
    t.deepEqual(left, ['1', '1.AbC123'], 'another process may be making the folder of device 1 just now');
  },
);

test.serial(
  'no folder is lost, and none stays, when three processes make and remove theirs at once',
  async (t) => {
    const script = fileURLToPath(new URL('device-folder-rounds.ts', import.meta.url));
    const processes = [1, 2, 3].map((number) =>
      promisify(execFile)(process.execPath, ['--import=tsx', script, String(number * 10_000), '500']),
    );
    const lost = (await Promise.all(processes)).map(({ stdout }) => stdout);
    t.deepEqual(lost, ['0', '0', '0']);
    t.deepEqual(readdirSync(root()), []);
  },
);
