import type { Command } from 'commander';
import type { Console } from '../process/console.js';

interface DeleteOptions {
  readonly missingOk?: boolean;
}

/** `rtap delete NAME [--missing-ok]` */
export function declare(command: Command, _console: Console): void {
  command
    .description('Removes the device and its runtime state, also while processes use it.')
    .argument('<device>', 'name of the device')
    .option('--missing-ok', 'no such device is no error')
    .action(async (device: string, options: DeleteOptions) => {
      const { deleteDevice } = await import('../../tap/device/device-removal.js');
      deleteDevice(device, { missingOk: options.missingOk ?? false });
    });
}
