import { spawnSync } from 'node:child_process';
import test from 'ava';
import { errnoOf } from '../../../src/sys/errno.js';
import { done, RTAP } from '../command.js';
import { compileDenied, type DeniedRule } from '../denied.js';
import { type Outcome, RunningProcess } from '../running-process.js';
import { enterWorkspace } from '../workspace.js';

const { directory } = enterWorkspace();
const denied = compileDenied(directory);

/** Node with a newer libuv (Node 22, and Debian 13's own Node 20) aborts before any program runs if io_uring_enter(2) is refused. */
const [launcher = '', ...rule] = denied('enter', errnoOf('EPERM'));
const aborts = spawnSync(launcher, [...rule, process.execPath, '-e', '0']).signal === 'SIGABRT';
const CALLS: readonly DeniedRule[] = aborts ? ['setup', 'register'] : ['setup', 'enter', 'register'];
const CODES = ['EPERM', 'ENOSYS', 'EACCES'];
/** Frames go through io_uring in these. */
const COMMANDS: readonly (readonly string[])[] = [
  ['rx-dump', 'filtered0', '-c', '1'],
  ['tx-inject', 'filtered0', '--hex', 'ff'.repeat(60)],
  ['fwd', 'filtered0', 'filtered1', '-c', '1'],
  ['bench', '--rounds', '1'],
];
const REMEDY = /io_uring_setup, io_uring_enter and io_uring_register in the seccomp profile/;

/** Runs `rtap` where a filter refuses a system call of io_uring. */
function filtered(call: DeniedRule, code: string, ...words: readonly string[]): Promise<Outcome> {
  const [program = '', ...rule] = denied(call, errnoOf(code));
  const command = [...rule, process.execPath, RTAP, ...words];
  return new RunningProcess(program, command).ended();
}

test.before(async () => {
  for (const name of ['filtered0', 'filtered1']) await done('create', name, '--persist', '--up');
});

for (const call of CALLS) {
  for (const code of CODES) {
    test.serial(
      `each command that reads or writes frames exits with 4 when io_uring_${call} is ${code}`,
      async (t) => {
        for (const words of COMMANDS) {
          const outcome = await filtered(call, code, ...words);
          t.is(outcome.code, 4, `${words[0]}: ${outcome.stderr}`);
          const [message, hint, ...rest] = outcome.stderr.trimEnd().split('\n');
          t.deepEqual(rest, [], words[0]);
          t.regex(
            message!,
            call === 'setup' ? /^rtap: cannot create "io_uring"/ : /^rtap: cannot use "io_uring"/,
          );
          if (call !== 'setup')
            t.true(message!.endsWith(`: a seccomp filter refuses io_uring_${call} with ${code}`));
          t.regex(hint!, REMEDY, words[0]);
        }
      },
    );

    test.serial(
      `doctor exits with 4 and names the three calls when io_uring_${call} is ${code}`,
      async (t) => {
        const { code: exit, stdout } = await filtered(call, code, 'doctor', '--json');
        t.is(exit, 4, stdout);
        const findings: readonly { check: string; state: string; remedy?: string }[] = JSON.parse(stdout);
        const finding = findings.find(({ check }) => check === 'io_uring');
        t.is(finding?.state, 'missing');
        t.regex(finding?.remedy ?? '', REMEDY);
        t.is(findings.filter(({ state }) => state === 'missing').length, 1, 'and nothing else is to blame');
      },
    );
  }
}

test.serial('commands that touch no frame work where io_uring is refused', async (t) => {
  for (const call of CALLS) {
    const { code, stderr } = await filtered(call, 'EPERM', 'list');
    t.is(code, 0, stderr);
  }
});

/** Runs `rtap doctor` where the sysctl kernel.io_uring_disabled shows `level`, and the kernel refuses a ring as it does then. */
async function remedyAt(level: number): Promise<string> {
  const script = `
    echo "$1" >"$2/level"; shift 2
    mount --bind "${directory}/level" /proc/sys/kernel/io_uring_disabled || exit 99
    exec "$@"`;
  const command = [...denied('setup', errnoOf('EPERM')), process.execPath, RTAP, 'doctor', '--json'];
  const words = ['-m', 'sh', '-c', script, 'sh', String(level), directory, ...command];
  const { stdout } = await new RunningProcess('unshare', words).ended();
  const findings: readonly { check: string; remedy?: string }[] = JSON.parse(stdout);
  return findings.find(({ check }) => check === 'io_uring')?.remedy ?? '';
}

test.serial('doctor names the group of kernel.io_uring_disabled only at 1', async (t) => {
  t.regex(await remedyAt(1), /kernel\.io_uring_disabled=0 \(now 1\), .*kernel\.io_uring_group/);
  t.is(await remedyAt(2), 'switch io_uring on: sysctl -w kernel.io_uring_disabled=0 (now 2)');
});
