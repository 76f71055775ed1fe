import type { Command } from 'commander';
import type { Console } from '../process/console.js';

interface ListOptions {
  readonly unused?: boolean;
  readonly json?: boolean;
}

/** `rtap list [--unused]` */
export function declare(command: Command, console: Console): void {
  command
    .description('Lists the TAP devices of this network namespace.')
    .option('--unused', 'print only the names of devices that no process has attached')
    .option('--json', 'print a JSON array')
    .action(async (options: ListOptions) => {
      const { outlineDevices, outlineUnusedDevices } = await import('../../tap/device/device-view.js');
      const devices = options.unused === true ? outlineUnusedDevices() : outlineDevices();
      if (options.json === true) {
        const { deviceJson } = await import('../device/device-json.js');
        console.printJson(devices.map(deviceJson));
      } else if (options.unused === true) {
        for (const { link } of devices) console.print(link.name);
      } else if (devices.length > 0) {
        const { describeDevices } = await import('../device/device-text.js');
        console.print(describeDevices(devices, console.style));
      }
    });
}
