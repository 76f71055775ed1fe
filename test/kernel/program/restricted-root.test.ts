import test from 'ava';
import { O_CLOEXEC, O_NONBLOCK, O_RDWR } from '../../../src/sys/descriptor.js';
import { done, RTAP } from '../command.js';
import { compileDenied } from '../denied.js';
import { ipLinks } from '../ip-link.js';
import { type Outcome, RunningProcess } from '../running-process.js';
import { startUnprivileged } from '../unprivileged.js';
import { enterWorkspace } from '../workspace.js';

const { directory } = enterWorkspace();
const denied = compileDenied(directory);

interface Finding {
  readonly check: string;
  readonly state: string;
  readonly detail: string;
  readonly remedy?: string;
}

/** Root of a container without further rights. */
const CONTAINER_ROOT = ['setpriv', '--bounding-set=-net_admin,-sys_admin', '--inh-caps=-all'];
/** Root of a user namespace, in the network namespace of these tests. */
const MAPPED_ROOT = ['unshare', '--user', '--map-root-user'];
/** A /dev/net/tun that every user may open, on a file system where no device opens. */
const NODEV = inMounts(
  'mount -t tmpfs -o nodev none /dev/net && mknod -m 666 /dev/net/tun c 10 200 || exit 99',
);
/** A container with the file /dev/net/tun that may not use the device. */
const WITHOUT_DEVICE = denied('open', O_RDWR | O_NONBLOCK | O_CLOEXEC);
/** A machine that lets users make no user namespace: here one that is inside of another. */
const WITHOUT_USER_NAMESPACES = [
  ...MAPPED_ROOT,
  ...['sh', '-c', 'echo 0 >/proc/sys/user/max_user_namespaces || exit 99; exec "$@"', 'sh'],
  ...['setpriv', '--bounding-set=-all', '--inh-caps=-all'],
];

function inMounts(script: string): string[] {
  return ['unshare', '--mount', 'sh', '-c', `${script}; exec "$@"`, 'sh'];
}

/** Runs `rtap` with `words` under the restriction that the program `before` makes. */
function restricted(
  [program = '', ...before]: readonly string[],
  ...words: readonly string[]
): Promise<Outcome> {
  return new RunningProcess(program, [...before, process.execPath, RTAP, ...words]).ended();
}

/** The lines of a refusal. */
function linesOf({ stderr }: Outcome): string[] {
  return stderr.trimEnd().split('\n');
}

async function diagnose(before: readonly string[]): Promise<{ code: number | null; findings: Finding[] }> {
  const { code, stdout } = await restricted(before, 'doctor', '--json');
  return { code, findings: JSON.parse(stdout) };
}

const REFUSALS: readonly (readonly [
  what: string,
  before: readonly string[],
  message: string,
  hint: string,
])[] = [
  [
    'root lacks CAP_NET_ADMIN',
    CONTAINER_ROOT,
    'ioctl(TUNSETIFF) failed with EPERM',
    'this root lacks CAP_NET_ADMIN; in a container: --cap-add NET_ADMIN',
  ],
  [
    'root is that of a user namespace',
    MAPPED_ROOT,
    'ioctl(TUNSETIFF) failed with EPERM',
    'root of a user namespace changes only what belongs to that namespace: run as root outside of it, or in a network namespace of its own: unshare -rn',
  ],
  [
    'the mount is nodev',
    NODEV,
    'open(/dev/net/tun) failed with EACCES',
    'no device opens below /dev/net, which is mounted with nodev: mount -o remount,dev /dev/net; in a container: --device /dev/net/tun',
  ],
  [
    'the container lacks the device',
    WITHOUT_DEVICE,
    'open(/dev/net/tun) failed with EPERM',
    'the device cgroup of this process forbids it; in a container: --device /dev/net/tun',
  ],
];

for (const [what, before, message, hint] of REFUSALS) {
  test.serial(`create exits with 2 and names the remedy when ${what}`, async (t) => {
    const outcome = await restricted(before, 'create', 'refused0', '--persist');
    t.is(outcome.code, 2);
    t.deepEqual(linesOf(outcome), [`rtap: cannot create "refused0": ${message}`, `hint: ${hint}`]);
    t.false(ipLinks().some(({ ifname }) => ifname === 'refused0'));
  });
}

for (const [what, before, , hint] of REFUSALS.slice(2)) {
  test.serial(`doctor exits with 4 and names the remedy when ${what}`, async (t) => {
    const { code, findings } = await diagnose(before);
    t.is(code, 4);
    const missing = findings.filter(({ state }) => state === 'missing');
    t.deepEqual(
      missing.map(({ check, remedy }) => [check, remedy]),
      [['/dev/net/tun', hint]],
    );
  });
}

test.serial('settings and --netns name the capability that root lacks', async (t) => {
  await done('create', 'lacking0', '--persist');
  const up = await restricted(CONTAINER_ROOT, 'up', 'lacking0');
  t.is(up.code, 2);
  t.is(linesOf(up)[1], 'hint: this root lacks CAP_NET_ADMIN; in a container: --cap-add NET_ADMIN');
  const elsewhere = await restricted(CONTAINER_ROOT, '--netns', '1', 'list');
  t.is(elsewhere.code, 2);
  t.is(linesOf(elsewhere)[1], 'hint: this root lacks CAP_SYS_ADMIN; in a container: --cap-add SYS_ADMIN');
});

/** Root of a unit of systemd that changes devices and no more. */
const UNIT_ROOT = ['setpriv', '--bounding-set=-all,+net_admin', '--inh-caps=-all'];
const FOLDER_HINT =
  'this root lacks CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, which the folder of a device with an owner or a group takes';
const FILE_HINT = 'this root lacks CAP_DAC_OVERRIDE, CAP_FOWNER, which files of other users take';

test.serial('create names the capabilities that root lacks for a device of a user', async (t) => {
  const unit = (...words: readonly string[]) => restricted(UNIT_ROOT, ...words, '--persist');
  const fresh = await unit('create', 'fresh0', '--owner', 'daemon');
  t.is(fresh.code, 0);
  t.regex(
    fresh.stderr,
    new RegExp(`^rtap: warning: this user cannot make the folder of the device in \\S+: .*; ${FOLDER_HINT};`),
  );
  t.is((await unit('create', 'root0')).code, 0);
  await done('create', 'user0', '--persist', '--owner', 'daemon');
  for (const [name, hint] of [
    ['root0', FOLDER_HINT],
    ['user0', FILE_HINT],
  ] as const) {
    const again = await unit('create', name, '--exist-ok', '--owner', 'daemon');
    t.is(again.code, 2);
    t.true(linesOf(again)[1]?.startsWith(`hint: ${hint}`), again.stderr);
  }
  // The filter is set, and the file that should say so is refused.
  const filter = await restricted(UNIT_ROOT, 'filter', 'root0', '--mac', '02:00:00:00:00:01');
  t.is(filter.code, 0, filter.stderr);
  t.regex(filter.stderr, /^rtap: warning: .* rtap does not remember what it has set$/m);
  const deletion = await restricted(UNIT_ROOT, 'delete', 'user0');
  t.is(deletion.code, 3);
  t.true(deletion.stderr.endsWith(`; ${FILE_HINT}\n`), deletion.stderr);
});

test.serial(
  'doctor tries the kernel in a user namespace when root lacks the right to a network namespace',
  async (t) => {
    const { code, findings } = await diagnose(CONTAINER_ROOT);
    t.is(code, 0);
    const tried = findings.filter(({ detail }) => detail.endsWith(' (tried in a user namespace)'));
    const states = new Map(tried.map(({ check, state }) => [check, state]));
    for (const check of ['multi-queue TAP', 'receive through io_uring', 'drop counter'])
      t.is(states.get(check), 'ok', check);
    const capability = findings.find(({ check }) => check === 'CAP_NET_ADMIN');
    t.is(capability?.state, 'poor', 'it is not that of the user namespace');
    t.regex(capability?.remedy ?? '', /^this root lacks CAP_NET_ADMIN; in a container: --cap-add NET_ADMIN;/);
  },
);

test.serial('doctor tries the kernel in a user namespace for a user without any right', async (t) => {
  const { code, stdout } = await startUnprivileged(['doctor']).ended();
  t.is(code, 0, stdout);
  t.regex(stdout, /^ok {7}multi-queue TAP .* \(tried in a user namespace\)$/m);
});

test.serial('demo and doctor name the sysctl when user.max_user_namespaces is 0', async (t) => {
  const remedy =
    /^this root lacks CAP_SYS_ADMIN; .*; or allow user namespaces: sysctl -w user\.max_user_namespaces=15000$/;
  const demo = await restricted(WITHOUT_USER_NAMESPACES, 'demo');
  t.is(demo.code, 2);
  const [message, hint = ''] = linesOf(demo).slice(-2);
  t.is(message, 'rtap: cannot run "demo": it needs root, or a system that lets users make user namespaces');
  t.regex(hint.replace(/^hint: /, ''), remedy);
  const { code, findings } = await diagnose(WITHOUT_USER_NAMESPACES);
  t.is(code, 0, 'devices that another user makes can be used');
  const untried = findings.at(-1);
  t.like(untried, { check: 'kernel features', state: 'poor' });
  t.regex(untried?.remedy ?? '', remedy);
});
