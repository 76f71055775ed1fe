import type { Finding } from './finding.js';
import {
  checkCapability,
  checkLibpcap,
  checkLiburing,
  checkRing,
  checkTun,
  checkVersions,
} from './requirement-checks.js';
import { checkKernel, checkRuntimeDirectory } from './trial-checks.js';

/** All checks, those that others stand on first; the kernel is tried only where rtap could use it at all. */
export function examine(): Finding[] {
  const needed = [checkLiburing(), checkRing(), checkTun()];
  const findings = [checkVersions(), ...needed, checkCapability(), checkRuntimeDirectory(), checkLibpcap()];
  const able = needed.every(({ state }) => state !== 'missing');
  return able ? [...findings, ...checkKernel()] : findings;
}
