import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { Readable } from 'node:stream';
import { SystemError } from '../../errors.js';
import { enterNewNetworkNamespace } from '../../sys/network-namespace.js';
import { EXIT_REFUSED } from '../errors/exit-code.js';
import { userNamespaceRemedy } from '../errors/user-namespace.js';
import { exitCodeOf, withinDeadline } from './child-process.js';
import type { Console } from './console.js';
import { endingWithThis } from './parent-process.js';

/** Environment variable that is set in the process that runs inside a user namespace, so that it does not make another one. */
export const INSIDE_NAMESPACE = 'RTAP_INSIDE_NAMESPACE';

/** The options of unshare(1) for a user namespace with a network namespace of its own. */
export const USER_NAMESPACE: readonly string[] = ['--user', '--map-root-user', '--net'];

/** The descriptor that the process inside closes when it has begun. */
const STARTED_FD = 3;
/** How long it may take until then: on a busy machine it takes some seconds. */
const START_MS = 30_000;

/** What a shell makes of a process that a signal ended. */
const SIGNAL_CODE = 128;
const SIGTERM_NUMBER = 15;

/**
 * Moves this process into a network namespace of its own. Without the privilege to, runs the whole program again in a
 * user namespace, as `command`; its exit code is returned then, and there is nothing more to do. Undefined: go on here.
 */
export async function enterPrivateNamespace(command: string, console: Console): Promise<number | undefined> {
  try {
    enterNewNetworkNamespace();
    if (process.env[INSIDE_NAMESPACE] === '1') closeSync(STARTED_FD);
    return undefined;
  } catch (error) {
    if (!(error instanceof SystemError) || error.code !== 'EPERM' || process.env[INSIDE_NAMESPACE] === '1')
      throw error;
    return await runInUserNamespace(command, console);
  }
}

/** Returns the exit code of `child`, which closes STARTED_FD once it works. */
async function endOf(child: ChildProcess, command: string): Promise<number | undefined> {
  const ended = exitCodeOf(child, 'close', command);
  const started = child.stdio[STARTED_FD];
  if (!(started instanceof Readable)) return ended;
  const begun = Promise.race([ended, once(started.resume(), 'close')]);
  await withinDeadline(child, begun, { command, deadlineMs: START_MS });
  return ended;
}

async function runInUserNamespace(command: string, console: Console): Promise<number> {
  const program = [process.execPath, process.argv[1] ?? '', ...process.argv.slice(2)];
  const child = spawn('unshare', [...USER_NAMESPACE, ...program], {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    env: { ...endingWithThis(), [INSIDE_NAMESPACE]: '1' },
  });
  // A signal to this process alone is meant for the one that does the work.
  const forget = console.onStop((signal) => child.kill(signal));
  try {
    const code = await endOf(child, `rtap ${command}`);
    if (code !== 1) return code ?? SIGNAL_CODE + SIGTERM_NUMBER;
  } catch (error) {
    // There may be no unshare(1).
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  } finally {
    forget();
  }
  console.note(
    `rtap: cannot run "${command}": it needs root, or a system that lets users make user namespaces`,
  );
  console.note(`hint: ${userNamespaceRemedy(command)}`);
  return EXIT_REFUSED;
}
