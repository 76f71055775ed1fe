import type { Command } from 'commander';
import { TXQUEUELEN_EVERYWHERE } from '../../tap/state/limits.js';
import { parseWhole, TXQUEUELEN_MAX } from '../arguments/quantity.js';
import { declareLinkSetting } from '../device/link-setting.js';
import type { Console } from '../process/console.js';

/** `rtap txqueuelen NAME [N]` */
export function declare(command: Command, console: Console): void {
  command.description(
    'Prints or sets the length of each queue: how many frames wait there before the kernel drops more.',
  );
  declareLinkSetting(command, console, {
    value: '[frames]',
    range: `1 to ${TXQUEUELEN_MAX}, on some kernels to ${TXQUEUELEN_EVERYWHERE}`,
    key: 'txqlen',
    read: (link) => link.txqueuelen,
    change: (text) => ({ txqueuelen: parseWhole('txqueuelen', text, 1, TXQUEUELEN_MAX) }),
  });
}
