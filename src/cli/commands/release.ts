import type { Command } from 'commander';
import type { Console } from '../console.js';

/** `rtap release NAME` */
export function declare(command: Command, _console: Console): void {
  command
    .description('Ends the holder of a device, and a device that is not persistent with it.')
    .argument('<device>', 'name of the device')
    .action(async (device: string) => {
      const { findTap } = await import('../../tap/tap-link.js');
      const { releaseDevice } = await import('../../tap/holding.js');
      releaseDevice(findTap(device, 'release'));
    });
}
