import type { Command } from 'commander';
import type { Console } from '../process/console.js';

interface DeleteOptions {
  readonly missingOk?: boolean;
}

/** `rtap delete NAME [--missing-ok]` */
export function declare(command: Command, console: Console): void {
  command
    .description('Removes a device and its runtime state, even while processes use the device.')
    .argument('<device>', 'name of the device')
    .option('--missing-ok', 'succeed if there is no such device')
    .action(async (device: string, options: DeleteOptions) => {
      const { deleteDevice } = await import('../../tap/device/device-removal.js');
      const kept = deleteDevice(device, { missingOk: options.missingOk ?? false });
      if (kept === undefined) return;
      const { warnOfKept } = await import('../device/kept-paths.js');
      warnOfKept([kept], console);
    });
}
