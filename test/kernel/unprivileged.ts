import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RTAP } from './command.js';
import { type Outcome, RunningProcess } from './running-process.js';

const NOBODY = 65_534;

const homes: string[] = [];
process.on('exit', () => {
  for (const home of homes) rmSync(home, { recursive: true, force: true });
});

/** Takes a uid, then a program. A mount namespace with a /dev/net/tun that every user may open, as distributions have it. */
const WITH_OPEN_TUN = `
  mount -t tmpfs none /dev/net && mknod -m 666 /dev/net/tun c 10 200 || exit 99
  uid=$1; shift
  exec setpriv --reuid="$uid" --regid="$uid" --clear-groups --bounding-set=-all --inh-caps=-all "$@"`;

/** Starts `rtap` as the user nobody, without any capability, with `env` beside what this process has. */
export function startUnprivileged(words: readonly string[], env: NodeJS.ProcessEnv = {}): RunningProcess {
  return startProgramUnprivileged([process.execPath, RTAP, ...words], env);
}

/** The same for any program. A test of what the kernel counts for each user takes a uid of its own. */
export function startProgramUnprivileged(
  program: readonly string[],
  env: NodeJS.ProcessEnv = {},
  { uid = NOBODY }: { readonly uid?: number } = {},
): RunningProcess {
  const home = mkdtempSync(join(tmpdir(), 'rtap-unprivileged-'));
  homes.push(home);
  chmodSync(home, 0o777);
  return new RunningProcess('unshare', ['-m', 'sh', '-c', WITH_OPEN_TUN, 'sh', String(uid), ...program], {
    env: { HOME: home, TMPDIR: home, ...env },
  });
}

/** Runs it to its end. */
export function unprivileged(...words: readonly string[]): Promise<Outcome> {
  return startUnprivileged(words).ended();
}
