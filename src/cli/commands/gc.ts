import type { Command } from 'commander';
import type { LeftoverReason } from '../../tap/device/leftovers.js';
import type { Console } from '../process/console.js';

interface GcOptions {
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

const REASONS: Readonly<Record<LeftoverReason, string>> = {
  'device-gone': 'its device is gone',
  'namespace-gone': 'its network namespace is gone',
  'earlier-boot': 'it is older than the last start of the machine',
  'holder-died': 'its holder has died',
  empty: 'it is empty',
};

/** `rtap gc` */
export function declare(command: Command, console: Console): void {
  command
    .description('Removes what devices and holders that are gone left in the runtime directory.')
    .option('--dry-run', 'only say what would be removed')
    .option('--json', 'print as JSON: an array')
    .action(async ({ dryRun, json }: GcOptions) => {
      const { findLeftovers, removeLeftovers } = await import('../../tap/device/leftovers.js');
      const { removed, kept } = dryRun === true ? { removed: findLeftovers(), kept: [] } : removeLeftovers();
      if (json === true) console.printJson(removed);
      else
        for (const { path, reason } of removed)
          console.print(`${path}: ${REASONS[reason]}${dryRun === true ? '' : ', removed'}`);
      const { warnOfKept } = await import('../device/kept-paths.js');
      warnOfKept(kept, console);
    });
}
