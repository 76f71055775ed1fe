import type { Command } from 'commander';
import { parseSwitch } from '../arguments/quantity.js';
import type { Console } from '../process/console.js';

/** `rtap persist NAME on|off` */
export function declare(command: Command, console: Console): void {
  command
    .description('Sets whether a device stays when no process uses it.')
    .argument('<device>', 'name of the device')
    .argument('<on|off>', 'on: the device stays; off: it goes with its last user, or at once if it has none')
    .action(async (device: string, text: string) => {
      const persistent = parseSwitch('persistence', text);
      const { findTap } = await import('../../tap/link/tap-link.js');
      const { setPersistent } = await import('../../tap/device/device-removal.js');
      const link = findTap(device, 'change');
      const removed = setPersistent(link, persistent);
      if (removed) console.note(`persist: ${device} had no users, so the kernel removed it`);
    });
}
