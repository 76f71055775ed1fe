import { execFileSync } from 'node:child_process';
import test from 'ava';
import { done, RTAP } from '../command.js';
import type { Outcome } from '../running-process.js';
import { startProgramUnprivileged } from '../unprivileged.js';
import { enterWorkspace } from '../workspace.js';

enterWorkspace();

/** No other process runs as this user: the kernel counts the threads of all. */
const USER = 64_016;
/** The threads that Node has before it runs a program. With fewer it aborts, or waits for ever. */
const OWN_THREADS = Number(
  execFileSync(process.execPath, ['-p', 'fs.readdirSync("/proc/self/task").length'], { encoding: 'utf8' }),
);
const HINT =
  'hint: raise the limit of processes and threads: ulimit -u, pids.max of the cgroup, in a container --pids-limit; one process of rtap has 11 threads or more';

/** Runs `rtap` as a user that may have so many threads; `before` runs it in turn. */
function limited(threads: number, before: readonly string[], words: readonly string[]): Promise<Outcome> {
  const limit = ['prlimit', `--nproc=${threads}:${threads}`];
  const program = [...before, ...limit, process.execPath, RTAP, ...words];
  return startProgramUnprivileged(program, {}, { uid: USER }).ended();
}

const COMMANDS: readonly (readonly [name: string, before: readonly string[], words: readonly string[]])[] = [
  ['fwd', [], ['fwd', 'limit0', 'limit1', '--threads', '4', '--duration', '10ms']],
  ['tx-inject', [], ['tx-inject', 'limit0', '--hex', '00'.repeat(60), '-q', 'all', '--threads', '4']],
  // In a network namespace of its own, so that no other process has to start.
  [
    'bench',
    ['unshare', '-rn'],
    ['bench', 'tx', '--size', '64', '--rounds', '1', '--duration', '10ms', '--queues', '2', '--threads', '2'],
  ],
];

test.before(async () => {
  for (const name of ['limit0', 'limit1'])
    await done('create', name, '--persist', '--up', '--owner', String(USER));
});

for (const [name, before, words] of COMMANDS) {
  test.serial(`${name} ends with a sentence when the kernel starts no more threads`, async (t) => {
    for (const more of [0, 1]) {
      const outcome = await limited(OWN_THREADS + more, before, words);
      t.is(outcome.code, 2, outcome.stderr);
      t.regex(
        outcome.stderr,
        /^rtap: cannot start "thread": the kernel starts no more threads for this process$/m,
      );
      t.is(outcome.stderr.trimEnd().split('\n').at(-1), HINT);
    }
  });
}

test.serial('doctor names the limit when a process with threads does not start', async (t) => {
  const { code, stdout, stderr } = await limited(OWN_THREADS, [], ['doctor']);
  t.is(code, 0, stderr);
  t.regex(
    stdout,
    /^poor {5}processes .*: demo, --detach and fwd --threads may fail\n {9}remedy: raise the limit/m,
  );
});
