import type { Command } from 'commander';
import { ArgumentTypeError } from '../../errors.js';
import type { Console } from '../process/console.js';

interface ReleaseOptions {
  readonly all?: boolean;
}

/** `rtap release NAME…|--all` */
export function declare(command: Command, _console: Console): void {
  command
    .description('Ends the holder of a device. A device that is not persistent goes with it.')
    .argument('[device...]', 'names of the devices')
    .option('--all', 'release every device of the network namespace that has a holder')
    .action(async (devices: readonly string[], { all }: ReleaseOptions) => {
      const [name] = devices;
      if (all === true && name !== undefined)
        throw new ArgumentTypeError(`cannot use "--all" with "${name}": it releases every device`);
      if (all !== true && name === undefined)
        throw new ArgumentTypeError('cannot release: give the name of a device, or --all');
      const { releaseAll, releaseNamed } = await import('../device/release-run.js');
      if (all === true) releaseAll();
      else releaseNamed(devices);
    });
}
