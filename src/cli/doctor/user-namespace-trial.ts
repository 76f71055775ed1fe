import { spawnSync } from 'node:child_process';
import { INSIDE_NAMESPACE, USER_NAMESPACE } from '../process/private-namespace.js';
import type { Finding } from './finding.js';

/** How long the other process may take. */
const DEADLINE_MS = 30_000;

/**
 * Runs `rtap doctor` again in a user namespace, where this user may make a network namespace, and returns what it found by the checks
 * that are not among `done`. undefined if this process is that other one, or the machine lets it make no user namespace.
 */
export function tryInUserNamespace(done: readonly Finding[]): Finding[] | undefined {
  if (process.env[INSIDE_NAMESPACE] === '1') return undefined;
  const words = [...USER_NAMESPACE, process.execPath, process.argv[1] ?? '', 'doctor', '--json'];
  const { stdout, error } = spawnSync('unshare', words, {
    encoding: 'utf8',
    env: { ...process.env, [INSIDE_NAMESPACE]: '1' },
    timeout: DEADLINE_MS,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  if (error !== undefined || stdout === '') return undefined;
  const known = new Set(done.map(({ check }) => check));
  const findings = JSON.parse(stdout) as Finding[];
  return findings
    .filter(({ check }) => !known.has(check))
    .map((finding) => ({ ...finding, detail: `${finding.detail} (tried in a user namespace)` }));
}
