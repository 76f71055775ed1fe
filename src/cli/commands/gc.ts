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
  'earlier-boot': 'it is older than the last boot',
  'holder-died': 'its holder has ended',
  empty: 'it is empty',
};

/** `rtap gc` */
export function declare(command: Command, console: Console): void {
  command
    .description('Removes the files that devices and holders left in the runtime directory when they went.')
    .option('--dry-run', 'print what would be removed, and remove nothing')
    .option('--json', 'print a JSON array')
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
