import { spawnSync } from 'node:child_process';
import test from 'ava';
import { json, RTAP, refusal, run } from '../command.js';
import { ipLinks } from '../ip-link.js';
import { type Outcome, RunningProcess } from '../running-process.js';
import { unprivileged } from '../unprivileged.js';
import { enterWorkspace } from '../workspace.js';

enterWorkspace();

const NAMES_HINT = 'hint: give a name, a process id or a path; list the names: ip netns list';
const ROOT_HINT = 'hint: run as root: entering a network namespace needs CAP_SYS_ADMIN';

/** A process with a network namespace of its own. */
async function startOther(): Promise<RunningProcess> {
  const other = new RunningProcess('unshare', ['--net', 'sh', '-c', 'echo ready; read _'], {
    inputOpen: true,
  });
  await other.waitFor(/ready/);
  return other;
}

/** A mount namespace with a /run of its own, where ip-netns(8) has made the namespace `blue`. */
class NamedNamespaces {
  readonly #process: RunningProcess;

  private constructor(process: RunningProcess) {
    this.#process = process;
  }

  static async make(): Promise<NamedNamespaces> {
    const script =
      'mount -t tmpfs none /run && ip netns add blue && : >/run/netns/dead && echo ready && read _';
    const process = new RunningProcess('unshare', ['--mount', 'sh', '-c', script], { inputOpen: true });
    await process.waitFor(/ready/);
    return new NamedNamespaces(process);
  }

  run(program: string, ...words: readonly string[]): Promise<Outcome> {
    return new RunningProcess('nsenter', ['-t', String(this.#process.pid), '-m', program, ...words]).ended();
  }

  async ip(...words: readonly string[]): Promise<string> {
    return (await this.run('ip', ...words)).stdout;
  }
}

test.serial('--netns takes the name of a namespace, before the command and behind it', async (t) => {
  const named = await NamedNamespaces.make();
  const made = await named.run(RTAP, '--netns', 'blue', 'create', 'io0', '--persist', '--up');
  t.is(made.code, 0, made.stderr);
  t.false(ipLinks().some(({ ifname }) => ifname === 'io0'));
  const links = JSON.parse(await named.ip('-n', 'blue', '-j', 'link')) as { ifname: string }[];
  t.deepEqual(
    links.map(({ ifname }) => ifname),
    ['lo', 'io0'],
  );
  for (const words of [
    ['list', '--json', '--netns', 'blue'],
    ['--netns=blue', 'list', '--json'],
  ]) {
    const { stdout, stderr } = await named.run(RTAP, ...words);
    t.like(JSON.parse(stdout || stderr), [{ ifname: 'io0', queues: 4 }], words.join(' '));
  }
  t.is((await named.run(RTAP, 'show', '--netns=blue', 'dev', 'io0')).code, 0);
  const twice = await named.run(RTAP, '--netns', 'nosuch', '--netns', 'blue', 'list');
  t.regex(twice.stderr, /^rtap: cannot use --netns twice: it takes one value\n/);
  t.deepEqual(await json('list'), []);

  const refused = async (name: string) => (await named.run(RTAP, 'list', '--netns', name)).stderr;
  t.is(await refused('red'), `rtap: cannot enter "red": there is no such network namespace\n${NAMES_HINT}\n`);
  t.is(await refused('dead'), `rtap: cannot enter "dead": it is not a network namespace\n${NAMES_HINT}\n`);
});

test.serial('--netns takes the id of a process, or a path', async (t) => {
  const other = await startOther();
  const namespace = String(other.pid);
  await json('create', 'io1', '--persist', '--up', '--netns', namespace);
  const seen = spawnSync('nsenter', ['-t', namespace, '-n', 'ip', '-j', 'link'], { encoding: 'utf8' });
  t.deepEqual(
    (JSON.parse(seen.stdout) as { ifname: string }[]).map(({ ifname }) => ifname),
    ['lo', 'io1'],
  );
  const path = `/proc/${namespace}/ns/net`;
  t.like(await json('show', 'io1', '--netns', path), { ifname: 'io1' });

  // Commands that read and write frames work there, too.
  const reader = new RunningProcess(RTAP, [
    '--netns',
    namespace,
    'rx-dump',
    'io1',
    '--share',
    '--duration',
    '100ms',
  ]);
  t.is((await reader.ended()).code, 0);
  const sent = await json<{ accepted: number }>(
    'tx-inject',
    'io1',
    '--netns',
    path,
    '--hex',
    'ff'.repeat(60),
  );
  t.is(sent.accepted, 1);
  t.like(await json('--netns', namespace, 'stats', 'io1'), {
    tx: { packets: 1 },
    stats64: { rx: { packets: 1 } },
  });
  const findings = await json<{ check: string; state: string }[]>('doctor', '--netns', namespace);
  t.is(findings.find(({ check }) => check === 'multi-queue TAP')?.state, 'ok');
  t.deepEqual(await json('list'), []);
});

test.serial('--netns refuses what is no network namespace', async (t) => {
  t.deepEqual(await refusal('list', '--netns', '999999999'), [
    2,
    'rtap: cannot enter "999999999": there is no such process',
    NAMES_HINT,
  ]);
  t.deepEqual(await refusal('list', '--netns', '/nosuch'), [
    2,
    'rtap: cannot enter "/nosuch": there is no such file',
    NAMES_HINT,
  ]);
  t.deepEqual(await refusal('list', '--netns', '/proc/self/ns/uts'), [
    2,
    'rtap: cannot enter "/proc/self/ns/uts": it is not a network namespace',
    NAMES_HINT,
  ]);
  t.deepEqual(await refusal('list', '--netns='), [
    1,
    'rtap: cannot use "" as a network namespace: give a name, a process id or a path',
  ]);
  const missing = await run('--netns');
  t.is(missing.code, 1);
  t.is(missing.stderr, 'rtap: cannot read option "--netns": the name of a network namespace is missing\n');
});

test.serial('--netns needs a privilege, except for the own namespace', async (t) => {
  // A namespace file that every user may open, as those of ip-netns(8) are.
  const named = await NamedNamespaces.make();
  const asOther = [
    '--reuid=65534',
    '--regid=65534',
    '--clear-groups',
    '--bounding-set=-all',
    '--inh-caps=-all',
  ];
  const { code, stderr } = await named.run(
    'setpriv',
    ...asOther,
    process.execPath,
    RTAP,
    'list',
    '--netns',
    'blue',
  );
  t.is(stderr, `rtap: cannot enter "blue": setns(CLONE_NEWNET) failed with EPERM\n${ROOT_HINT}\n`);
  t.is(code, 2);
  const here = await unprivileged('list', '--json', '--netns', '/proc/self/ns/net');
  t.deepEqual([here.code, here.stdout], [0, '[]\n'], here.stderr);
});
