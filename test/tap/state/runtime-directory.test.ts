import { execFile } from 'node:child_process';
import {
  chmodSync,
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
  runtimeRoots,
  writableRuntimeRoot,
} from '../../../src/tap/state/runtime-directory.js';
import { COMPILER_FLAG } from '../../compiler-flag.js';
import { makeFolder } from '../scratch-folder.js';

const cookie = networkNamespaceCookie();
const BOOT_ID = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1');

// Every test has a runtime directory of its own in the environment, so they are serial.
test.serial.beforeEach(() => {
  delete process.env.XDG_RUNTIME_DIR;
  process.env.RTAP_RUNTIME_DIR = makeFolder();
});

function root(): string {
  return process.env.RTAP_RUNTIME_DIR!;
}

function modeOf(path: string): number {
  return statSync(path).mode & 0o7777;
}

/** Whether this is root, which the test needs. Otherwise it logs that, or fails in CI. */
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
    `runtimeRoots returns ${roots.join(' ')} when the environment is ${JSON.stringify(environment)}`,
    (t) => {
      t.deepEqual(runtimeRoots(environment), [...roots]);
    },
  );
}

test.serial(
  'writableRuntimeRoot returns the root when it exists or can be made, and none when it cannot',
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

test.serial('openDeviceDirectory returns the folder with its content when there is one', (t) => {
  const path = openDeviceDirectory(3, {})!;
  writeFileSync(join(path, 'kept'), '');
  t.is(openDeviceDirectory(3, { owner: 1 }), path);
  t.deepEqual(readdirSync(path).sort(), ['boot-id', 'kept']);
  if (process.getuid?.() === 0) t.is(statSync(path).uid, 1, 'the device has a new owner');
});

test.serial('openDeviceDirectory lets all users read when the umask is strict', (t) => {
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

test.serial('openDeviceDirectory leaves the mode of a root as it is when the root exists already', (t) => {
  chmodSync(root(), 0o700);
  openDeviceDirectory(3, {});
  t.is(modeOf(root()), 0o700);
});

test.serial(
  "openDeviceDirectory gives the folder to the device's owner and group when root makes it",
  (t) => {
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
      [undefined, 4321, 0, 4321, 0o1775],
      [1234, 4321, 1234, 4321, 0o1775],
    ];
    for (const [row, [owner, group, uid, gid, mode]] of rows.entries()) {
      const path = openDeviceDirectory(row + 1, { owner, group })!;
      const { uid: uidFound, gid: gidFound } = statSync(path);
      t.deepEqual([uidFound, gidFound, modeOf(path)], [uid, gid, mode]);
    }
    t.is(statSync(join(root(), cookie)).uid, 0, 'the owner of a device cannot replace the folders of others');
  },
);

/** Calls owned-folder.ts as root that has no other capability. Returns what it prints. */
async function asConfinedRoot(capabilities: string, ...numbers: readonly number[]): Promise<string> {
  const script = fileURLToPath(new URL('owned-folder.ts', import.meta.url));
  const confined = [`--bounding-set=-all,${capabilities}`, '--inh-caps=-all'];
  const words = [process.execPath, COMPILER_FLAG, script, ...numbers.map(String)];
  return (await promisify(execFile)('setpriv', [...confined, ...words])).stdout;
}

test.serial('openDeviceDirectory leaves no folder when root gives it away and cannot write it', async (t) => {
  if (!isRoot(t)) return;
  for (const capabilities of ['+chown', '+chown,+fowner'])
    for (const group of [[], [4321]]) {
      t.is(await asConfinedRoot(capabilities, 3, 1234, ...group), 'none');
      t.deepEqual(readdirSync(root()), [], `${capabilities}, group ${group}`);
    }
});

test.serial(
  'openDeviceDirectory makes, replaces and changes a folder of another user when root lacks CAP_FOWNER',
  async (t) => {
    if (!isRoot(t)) return;
    const old = openDeviceDirectory(3, { owner: 1234 })!;
    writeFileSync(join(old, 'boot-id'), 'another boot\n');
    for (const group of [4321, 5432]) {
      t.is(await asConfinedRoot('+chown,+dac_override', 3, 1234, group), old);
      const { uid, gid } = statSync(old);
      t.deepEqual([uid, gid, modeOf(old)], [1234, group, 0o1775]);
      t.deepEqual(readdirSync(join(root(), cookie)), ['3']);
    }
  },
);

test.serial(
  'removeDeviceDirectory removes the folder of another user when root has only CAP_CHOWN',
  async (t) => {
    if (!isRoot(t)) return;
    openDeviceDirectory(3, { owner: 1234, group: 4321 });
    await asConfinedRoot('+chown', 3);
    t.deepEqual(readdirSync(root()), []);
  },
);

test.serial('openDeviceDirectory is undefined when no root can be written', (t) => {
  const file = join(makeFolder(), 'file');
  writeFileSync(file, '');
  process.env.RTAP_RUNTIME_DIR = join(file, 'below');
  t.is(openDeviceDirectory(3, {}), undefined);
  t.is(findDeviceDirectory(3), undefined);
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

test.serial('openDeviceDirectory makes an empty folder when the boot id of the old one is stale', (t) => {
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

test.serial('openDeviceDirectory replaces a folder when its owner has emptied it', (t) => {
  const path = openDeviceDirectory(3, {})!;
  rmSync(join(path, 'boot-id'));
  t.is(openDeviceDirectory(3, {}), path);
  t.is(findDeviceDirectory(3), path);
  t.deepEqual(readdirSync(join(root(), cookie)), ['3']);
});

test.serial("openDeviceDirectory makes nothing when a file has the folder's name", (t) => {
  mkdirSync(join(root(), cookie));
  writeFileSync(join(root(), cookie, '3'), '');
  t.is(openDeviceDirectory(3, {}), undefined);
  t.deepEqual(readdirSync(join(root(), cookie)), ['3']);
});

test.serial("removeDeviceDirectory removes the namespace's folder too when the last device goes", (t) => {
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
  'removeDeviceDirectory removes files only, and follows no link, when the folder has other things too',
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

test.serial('findDeviceDirectory follows no link when the folder of a device is one', (t) => {
  openDeviceDirectory(3, {});
  const elsewhere = makeFolder();
  symlinkSync(elsewhere, join(root(), cookie, '5'));
  t.is(findDeviceDirectory(5), undefined);
  t.deepEqual(readdirSync(elsewhere), []);
});

test.serial(
  'openDeviceDirectory loses no folder, and none stays, when three processes make and remove theirs at once',
  async (t) => {
    const script = fileURLToPath(new URL('device-folder-rounds.ts', import.meta.url));
    const processes = [1, 2, 3].map((number) =>
      promisify(execFile)(process.execPath, [COMPILER_FLAG, script, String(number * 10_000), '500']),
    );
    const lost = (await Promise.all(processes)).map(({ stdout }) => stdout);
    t.deepEqual(lost, ['0', '0', '0']);
    t.deepEqual(readdirSync(root()), []);
  },
);

for (const mode of [0o777, 0o775, 0o1777]) {
  test.serial(
    `a runtime directory of mode ${mode.toString(8)} is not used, since others can write to it`,
    (t) => {
      const made = openDeviceDirectory(5, {});
      t.is(findDeviceDirectory(5), made);
      chmodSync(join(root(), cookie), mode);
      t.is(findDeviceDirectory(5), undefined);
      chmodSync(join(root(), cookie), 0o755);
      chmodSync(root(), mode);
      t.is(findDeviceDirectory(5), undefined);
      t.is(openDeviceDirectory(6, {}), undefined);
    },
  );
}
