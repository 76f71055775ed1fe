import type { Command } from 'commander';
import type { Console } from '../process/console.js';

interface ListOptions {
  readonly json?: boolean;
}

/** `rtap list` */
export function declare(command: Command, console: Console): void {
  command
    .description('Lists the TAP devices of this network namespace.')
    .option('--json', 'print a JSON array')
    .action(async (options: ListOptions) => {
      const { outlineDevices } = await import('../../tap/device/device-view.js');
      const devices = outlineDevices();
      if (options.json === true) {
        const { deviceJson } = await import('../device/device-json.js');
        console.printJson(devices.map(deviceJson));
      } else if (devices.length > 0) {
        const { describeDevices } = await import('../device/device-text.js');
        console.print(describeDevices(devices, console.style));
      }
    });
}
