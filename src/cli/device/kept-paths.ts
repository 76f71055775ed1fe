import type { KeptPath } from '../../tap/device/removal-fault.js';
import { describeFileFault } from '../../tap/state/file-fault.js';
import { EXIT_INCOMPLETE } from '../errors/exit-code.js';
import { fileCapabilitiesHint } from '../errors/restricted-root.js';
import type { Console } from '../process/console.js';

/** Names what could not be removed on standard error. The exit code says that not all was done. */
export function warnOfKept(kept: readonly KeptPath[], console: Console): void {
  for (const { path, code } of kept) {
    const lacking = code === 'EROFS' ? undefined : fileCapabilitiesHint();
    const more = lacking === undefined ? '' : `; ${lacking}`;
    console.warn(`cannot remove "${path}": ${describeFileFault('removal', code)}${more}`);
  }
  if (kept.length > 0) console.exitCode = EXIT_INCOMPLETE;
}
