import type { Command } from 'commander';
import { forEachDevice } from '../device/each-device.js';
import type { Console } from '../process/console.js';

interface DeleteOptions {
  readonly missingOk?: boolean;
}

/** `rtap delete NAME… [--missing-ok]` */
export function declare(command: Command, console: Console): void {
  command
    .description('Removes devices and their runtime state, even while processes use them.')
    .argument('<device...>', 'names of the devices')
    .option('--missing-ok', 'succeed if there is no such device')
    .action(async (devices: readonly string[], { missingOk = false }: DeleteOptions) => {
      const { deleteDevice } = await import('../../tap/device/device-removal.js');
      const { warnOfKept } = await import('../device/kept-paths.js');
      await forEachDevice(devices, (device) => {
        const kept = deleteDevice(device, { missingOk });
        if (kept !== undefined) warnOfKept([kept], console);
      });
    });
}
