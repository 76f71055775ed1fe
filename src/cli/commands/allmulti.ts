import type { Command } from 'commander';
import { IFF_ALLMULTI } from '../../netlink/link-flags.js';
import { parseSwitch } from '../arguments/quantity.js';
import { declareLinkSetting } from '../device/link-setting.js';
import type { Console } from '../process/console.js';

/** `rtap allmulti NAME [on|off]` */
export function declare(command: Command, console: Console): void {
  command.description('Prints or sets all-multicast mode. On a TAP it filters nothing: rtap filter does.');
  declareLinkSetting(command, console, {
    value: '[on|off]',
    range: 'on or off',
    key: 'allmulti',
    read: (link) => (link.flags & IFF_ALLMULTI) !== 0,
    change: (text) => ({ allMulticast: parseSwitch('allmulti', text) }),
  });
}
