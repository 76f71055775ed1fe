import type { Command } from 'commander';
import { forEachDevice } from '../device/each-device.js';
import { changeLink } from '../device/link-setting.js';
import type { Console } from '../process/console.js';

/** `rtap down NAME…` */
export function declare(command: Command, _console: Console): void {
  command
    .description('Switches a device off. The kernel then refuses frames in both directions.')
    .argument('<device...>', 'names of the devices')
    .action(async (devices: readonly string[]) => {
      await forEachDevice(devices, (device) => changeLink(device, { up: false }));
    });
}
