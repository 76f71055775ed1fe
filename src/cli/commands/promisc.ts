import type { Command } from 'commander';
import { IFF_PROMISC } from '../../netlink/link-flags.js';
import { parseSwitch } from '../arguments/quantity.js';
import { declareLinkSetting } from '../device/link-setting.js';
import type { Console } from '../process/console.js';

/** `rtap promisc NAME [on|off]` */
export function declare(command: Command, console: Console): void {
  command.description('Prints or sets promiscuous mode. On a TAP it filters nothing: rtap filter does.');
  declareLinkSetting(command, console, {
    value: '[on|off]',
    range: 'on or off',
    key: 'promisc',
    read: (link) => (link.flags & IFF_PROMISC) !== 0,
    change: (text) => ({ promiscuous: parseSwitch('promisc', text) }),
  });
}
