import type { Command } from 'commander';
import type { Console } from '../process/console.js';

interface DeleteOptions {
  readonly missingOk?: boolean;
}

/** `rtap delete NAME [--missing-ok]` */
export function declare(command: Command, console: Console): void {
  command
    .description('Removes the device and its runtime state, also while processes use it.')
    .argument('<device>', 'name of the device')
    .option('--missing-ok', 'no such device is no error')
    .action(async (device: string, options: DeleteOptions) => {
      const { deleteDevice } = await import('../../tap/device/device-removal.js');
      const kept = deleteDevice(device, { missingOk: options.missingOk ?? false });
      if (kept === undefined) return;
      const { warnOfKept } = await import('../device/kept-paths.js');
      warnOfKept([kept], console);
    });
}
