import type { Command } from 'commander';
import { ArgumentTypeError } from '../../errors.js';
import type { Console } from '../process/console.js';

interface ReleaseOptions {
  readonly all?: boolean;
}

/** `rtap release NAME…|--all` */
export function declare(command: Command, console: Console): void {
  command
    .description('Ends the holder of a device, and a device that is not persistent with it.')
    .argument('[device...]', 'names of the devices')
    .option('--all', 'every device of the network namespace that has a holder')
    .action(async (devices: readonly string[], { all }: ReleaseOptions) => {
      const [name] = devices;
      if (all === true && name !== undefined)
        throw new ArgumentTypeError(`cannot use "--all" with "${name}": it means every device`);
      if (all !== true && name === undefined)
        throw new ArgumentTypeError('cannot release: the name of a device is wanted, or --all');
      const { releaseAll, releaseNamed } = await import('../device/release-run.js');
      if (all === true) releaseAll(console);
      else releaseNamed(devices, console);
    });
}
