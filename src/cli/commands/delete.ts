import type { Command } from 'commander';
import type { Console } from '../process/console.js';

interface DeleteOptions {
  readonly missingOk?: boolean;
}

/** `rtap delete NAME [--missing-ok]` */
export function declare(command: Command, _console: Console): void {
  command
    .description('Removes a device and its runtime state, even while processes use the device.')
    .argument('<device>', 'name of the device')
    .option('--missing-ok', 'succeed if there is no such device')
    .action(async (device: string, options: DeleteOptions) => {
      const { deleteDevice } = await import('../../tap/device/device-removal.js');
      deleteDevice(device, { missingOk: options.missingOk ?? false });
    });
}
