import type { Finding } from './finding.js';
import { checkKernel, checkRuntimeDirectory } from './kernel-checks.js';
import {
  checkCapability,
  checkLibpcap,
  checkLiburing,
  checkRing,
  checkTun,
  checkVersions,
} from './machine-checks.js';

/** All checks, those that others stand on first; the kernel is tried only where rtap could use it at all. */
export function examine(): Finding[] {
  const needed = [checkLiburing(), checkRing(), checkTun()];
  const findings = [checkVersions(), ...needed, checkCapability(), checkRuntimeDirectory(), checkLibpcap()];
  const able = needed.every(({ state }) => state !== 'missing');
  return able ? [...findings, ...checkKernel()] : findings;
}
