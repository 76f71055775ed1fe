import type { Command } from 'commander';
import { changeLink } from '../device/link-setting.js';
import type { Console } from '../process/console.js';

/** `rtap down NAME` */
export function declare(command: Command, _console: Console): void {
  command
    .description('Switches a device off. The kernel then refuses frames in both directions.')
    .argument('<device>', 'name of the device')
    .action(async (device: string) => {
      await changeLink(device, { up: false });
    });
}
