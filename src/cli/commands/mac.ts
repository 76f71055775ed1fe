import type { Command } from 'commander';
import { declareLinkSetting } from '../device/link-setting.js';
import type { Console } from '../process/console.js';

/** `rtap mac NAME [ADDR|random]` */
export function declare(command: Command, console: Console): void {
  command.description('Prints or sets the MAC address. "random" chooses a locally administered address.');
  declareLinkSetting(command, console, {
    value: '[address|random]',
    range: 'six bytes of a unicast address, or "random"',
    key: 'address',
    read: (link) => link.address,
    change: async (text) => {
      const { readMacAddress } = await import('../arguments/device-arguments.js');
      return { address: readMacAddress(text) };
    },
  });
}
