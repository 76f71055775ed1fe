import type { Command } from 'commander';
import { MTU_MAX, MTU_MIN, parseWhole } from '../arguments/quantity.js';
import { declareLinkSetting } from '../device/link-setting.js';
import type { Console } from '../process/console.js';

/** `rtap mtu NAME [N]` */
export function declare(command: Command, console: Console): void {
  command.description('Prints or sets the MTU, the largest payload of a frame in bytes.');
  declareLinkSetting(command, console, {
    value: '[bytes]',
    range: `${MTU_MIN} to ${MTU_MAX}`,
    key: 'mtu',
    read: (link) => link.mtu,
    change: (text) => ({ mtu: parseWhole('MTU', text, MTU_MIN, MTU_MAX) }),
  });
}
