import type { Finding } from './finding.js';
import { checkProcesses } from './process-trial.js';
import {
  checkCapability,
  checkLibpcap,
  checkLiburing,
  checkRing,
  checkTun,
  checkVersions,
} from './requirement-checks.js';
import { checkKernel, checkRuntimeDirectory } from './trial-checks.js';

/** Runs all checks, the most basic first. The kernel is tried only if nothing that rtap needs is missing. */
export function examine(): Finding[] {
  const needed = [checkLiburing(), checkRing(), checkTun()];
  const findings = [
    checkVersions(),
    ...needed,
    checkCapability(),
    checkRuntimeDirectory(),
    checkProcesses(),
    checkLibpcap(),
  ];
  const able = needed.every(({ state }) => state !== 'missing');
  return able ? [...findings, ...checkKernel(findings)] : findings;
}
