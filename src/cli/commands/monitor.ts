import type { Command } from 'commander';
import { ArgumentTypeError } from '../../errors.js';
import type { MonitorOptions } from '../monitor/monitor-run.js';
import type { Console } from '../process/console.js';

/** `rtap monitor [NAME …]` */
export function declare(command: Command, console: Console): void {
  command
    .description('Prints a line for each change of a device, until SIGINT. It needs no root.')
    .argument('[device...]', 'names of the devices, which need not exist yet (default: all TAP devices)')
    .option('--all', 'watch all links of the network namespace, not only TAP devices')
    .option('--initial', 'print the present devices first')
    .option('--json', 'print one JSON object per line')
    .action(async (devices: readonly string[], options: MonitorOptions) => {
      const [name] = devices;
      if (options.all === true && name !== undefined)
        throw new ArgumentTypeError(`cannot use "--all" with "${name}": it watches every device`);
      const { runMonitor } = await import('../monitor/monitor-run.js');
      await runMonitor(devices, options, console);
    });
}
