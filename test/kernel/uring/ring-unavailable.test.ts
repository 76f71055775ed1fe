import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { errnoOf } from '../../../src/sys/errno.js';
import { LIBURING_SONAME } from '../../../src/sys/liburing.js';
import { enterNewNetworkNamespace } from '../../../src/sys/network-namespace.js';
import { COMPILER_FLAG } from '../../compiler-flag.js';
import { ip } from '../../netlink/iproute2.js';
import { compileDenied } from '../denied.js';
import { attachTap, readLink } from '../ring-tap.js';

enterNewNetworkNamespace();

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const PROBE = fileURLToPath(new URL('ring-probe.ts', import.meta.url));
const NOBODY = 65534;
const DEADLINE_MS = 60_000;

const directory = mkdtempSync(join(tmpdir(), 'rtap-ring-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));

/** The command that runs the probe. */
const PROBE_COMMAND = [process.execPath, COMPILER_FLAG, PROBE];

/** Runs `command`, which ends in the probe; returns what the probe printed. `fd` becomes its descriptor 3. */
function runProbe(command: readonly string[], fd?: number): Readonly<Record<string, unknown>> {
  const [program, ...words] = command;
  const { status, stdout, stderr, error } = spawnSync(program!, words, {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe', fd ?? 'ignore'],
    timeout: DEADLINE_MS,
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command.join(' ')}: exit ${status}\n${stderr}`);
  return JSON.parse(stdout);
}

/** The path at which the loader finds liburing. */
function liburingPath(): string {
  const listing = execFileSync('ldconfig', ['-p'], { encoding: 'utf8' });
  const line = listing.split('\n').find((candidate) => candidate.trim().startsWith(`${LIBURING_SONAME} `));
  if (line === undefined) throw new Error(`ldconfig knows no ${LIBURING_SONAME}`);
  return line.split(' => ')[1]!;
}

/** Runs the probe in a mount namespace of its own, after `script` (sh) has changed its file system. */
function runProbeAfter(script: string, ...words: readonly string[]): Readonly<Record<string, unknown>> {
  return runProbe([
    'unshare',
    '--mount',
    'sh',
    '-euc',
    `${script}\nexec "$@"`,
    'sh',
    ...words,
    ...PROBE_COMMAND,
  ]);
}

test.serial('Ring.open succeeds on this machine', (t) => {
  t.deepEqual(runProbe(PROBE_COMMAND), { opened: true });
});

test.serial('Ring.open throws an UnavailableError of liburing when the library is missing', (t) => {
  const script = `
    folder=$1 scratch=$2; shift 2
    mount -t tmpfs tmpfs "$scratch"; mkdir "$scratch/upper" "$scratch/work"
    mount -t overlay -o "lowerdir=$folder,upperdir=$scratch/upper,workdir=$scratch/work" overlay "$folder"
    rm "$folder"/liburing.so.*`;
  const outcome = runProbeAfter(script, dirname(realpathSync(liburingPath())), directory);
  t.like(outcome, { opened: false, facility: 'liburing', code: 'ENOENT', syscall: 'dlopen', leaked: [] });
  t.regex(String(outcome.message), /^cannot load "liburing\.so\.2": .*No such file or directory/);
});

test.serial('Ring.open throws an UnavailableError of liburing when the file is no library', (t) => {
  const script = 'file=$1; shift; mount --bind /etc/passwd "$file"';
  const outcome = runProbeAfter(script, realpathSync(liburingPath()));
  t.like(outcome, { opened: false, facility: 'liburing', syscall: 'dlopen', leaked: [] });
  t.regex(String(outcome.message), /^cannot load "liburing\.so\.2": .*invalid ELF header/);
});

const denied = compileDenied(directory);

const REFUSALS: readonly [what: string, code: string, facility: string][] = [
  ['seccomp forbids it as Docker does', 'EPERM', 'io_uring'],
  ['the kernel has none', 'ENOSYS', 'io_uring'],
  ['the kernel may not lock the memory', 'ENOMEM', 'io_uring-memory'],
];

for (const [what, code, facility] of REFUSALS) {
  test.serial(`Ring.open throws an UnavailableError of ${facility} when ${what}`, (t) => {
    t.deepEqual(runProbe([...denied('setup', errnoOf(code)), ...PROBE_COMMAND]), {
      opened: false,
      name: 'UnavailableError',
      facility,
      code,
      syscall: 'io_uring_queue_init',
      message: `cannot create "io_uring": io_uring_queue_init failed with ${code}`,
      leaked: [],
    });
  });
}

test.serial(
  'Ring.open throws a SystemError that blames no facility when the process has no descriptor left',
  (t) => {
    t.deepEqual(runProbe([...denied('setup', errnoOf('EMFILE')), ...PROBE_COMMAND]), {
      opened: false,
      name: 'SystemError',
      code: 'EMFILE',
      syscall: 'io_uring_queue_init',
      message: 'cannot create "io_uring": io_uring_queue_init failed with EMFILE',
      leaked: [],
    });
  },
);

test.serial('Ring transfers unregistered memory when RLIMIT_MEMLOCK refuses to register it', (t) => {
  ip('tuntap add dev small0 mode tap multi_queue', 'link set small0 up');
  using tap = attachTap('small0');
  const limit = ['prlimit', '--memlock=65536:65536'];
  const unprivileged = [
    'setpriv',
    `--reuid=${NOBODY}`,
    `--regid=${NOBODY}`,
    '--clear-groups',
    '--bounding-set=-all',
  ];
  const outcome = runProbe([...limit, ...unprivileged, ...PROBE_COMMAND, 'transfer'], tap.fd);
  // Before Linux 5.12 the ring itself counted as locked memory.
  if (outcome.opened === false) {
    t.like(outcome, { facility: 'io_uring-memory', code: 'ENOMEM' });
    return;
  }
  t.deepEqual(outcome, { opened: true, registered: false, results: [64, 64, 64, 64] });
  t.is(readLink('small0').stats64.rx.packets, 4);
});

test.serial('Ring registers the same memory when the limit allows it', (t) => {
  ip('tuntap add dev large0 mode tap multi_queue', 'link set large0 up');
  using tap = attachTap('large0');
  const outcome = runProbe([...PROBE_COMMAND, 'transfer'], tap.fd);
  t.deepEqual(outcome, { opened: true, registered: true, results: [64, 64, 64, 64] });
});
