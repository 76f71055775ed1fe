import { spawnSync } from 'node:child_process';
import { SystemError } from '../../errors.js';
import { enterNewNetworkNamespace } from '../../sys/network-namespace.js';
import type { Console } from '../console.js';
import { EXIT_REFUSED } from '../exit-code.js';

/** Set in the process that runs inside a user namespace, so that it does not make another one. */
const INSIDE = 'RTAP_DEMO_INSIDE';

/**
 * Moves this process into a network namespace of its own. Without the privilege to, runs the whole program again in a
 * user namespace; its exit code is returned then, and there is nothing more to do. Undefined: go on here.
 */
export function enterDemoNamespace(console: Console): number | undefined {
  try {
    enterNewNetworkNamespace();
    return undefined;
  } catch (error) {
    if (!(error instanceof SystemError) || error.code !== 'EPERM' || process.env[INSIDE] === '1') throw error;
    return runInUserNamespace(console);
  }
}

function runInUserNamespace(console: Console): number {
  const script = process.argv[1] ?? '';
  const words = ['--user', '--map-root-user', '--net', process.execPath, script, 'demo'];
  const { status, error } = spawnSync('unshare', words, {
    stdio: 'inherit',
    env: { ...process.env, [INSIDE]: '1' },
  });
  if (error === undefined && status !== null && status !== 1) return status;
  console.note('rtap: cannot run "demo": it takes root, or a system that lets users make user namespaces');
  console.note(
    'hint: sudo rtap demo, or look at sysctl kernel.unprivileged_userns_clone and kernel.apparmor_restrict_unprivileged_userns',
  );
  return EXIT_REFUSED;
}
