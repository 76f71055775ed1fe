import { execFileSync } from 'node:child_process';
import test from 'ava';
import { ip } from '../../netlink/iproute2.js';
import { done, RTAP } from '../command.js';
import type { Outcome } from '../running-process.js';
import { startProgramUnprivileged } from '../unprivileged.js';
import { enterWorkspace } from '../workspace.js';

enterWorkspace();

/** The first of the users that these commands run as: the kernel counts the threads of each. */
const FIRST_USER = 64_100;
const OWN_THREADS = Number(
  execFileSync(process.execPath, ['-p', 'fs.readdirSync("/proc/self/task").length'], { encoding: 'utf8' }),
);
/** With some of these the second process that a command starts never comes to its program: Node waits for ever. */
const MORE_THREADS = Array.from({ length: 12 }, (_, index) => index);
const HINT = /^hint: raise the limit of processes and threads: /m;

function limited(threads: number, uid: number, ...words: readonly string[]): Promise<Outcome> {
  const program = ['prlimit', `--nproc=${threads}:${threads}`, process.execPath, RTAP, ...words];
  return startProgramUnprivileged(program, {}, { uid }).ended();
}

function fault({ code, signal, stdout, stderr }: Outcome): string | undefined {
  if (code === 0 || (code === 2 && HINT.test(stderr))) return undefined;
  return `${code ?? signal}\n${stdout}${stderr}`;
}

test.serial(
  'hold --detach ends in time whatever the limit of processes is, and holds or says why not',
  async (t) => {
    t.timeout(120_000);
    const outcomes = await Promise.all(
      MORE_THREADS.map(async (more) => {
        const [name, uid] = [`few${more}`, FIRST_USER + more];
        await done('create', name, '--persist', '--owner', String(uid));
        const outcome = await limited(OWN_THREADS + more, uid, 'hold', name, '--detach');
        ip(`link del ${name}`);
        return outcome;
      }),
    );
    t.deepEqual(outcomes.map(fault).filter(Boolean), []);
    t.true(outcomes.some(({ code }) => code === 2));
  },
);

test.serial('demo ends in time whatever the limit of processes is', async (t) => {
  t.timeout(120_000);
  const outcomes = await Promise.all(
    MORE_THREADS.map((more) => limited(OWN_THREADS + more, FIRST_USER + 50 + more, 'demo')),
  );
  t.deepEqual(outcomes.map(fault).filter(Boolean), []);
});
