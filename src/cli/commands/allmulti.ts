import type { Command } from 'commander';
import { IFF_ALLMULTI } from '../../netlink/link-flags.js';
import type { Console } from '../console.js';
import { declareLinkSetting } from '../link-setting.js';
import { parseSwitch } from '../quantity.js';

/** `rtap allmulti NAME [on|off]` */
export function declare(command: Command, console: Console): void {
  command.description(
    'Prints or sets all-multicast mode. On a TAP it filters nothing: every frame is delivered either way.',
  );
  declareLinkSetting(command, console, {
    value: '[on|off]',
    range: 'on or off',
    key: 'allmulti',
    read: (link) => (link.flags & IFF_ALLMULTI) !== 0,
    change: (text) => ({ allMulticast: parseSwitch('allmulti', text) }),
  });
}
