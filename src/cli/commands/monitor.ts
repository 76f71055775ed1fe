import type { Command } from 'commander';
import { ArgumentTypeError } from '../../errors.js';
import type { MonitorOptions } from '../monitor/monitor-run.js';
import type { Console } from '../process/console.js';

/** `rtap monitor [NAME …]` */
export function declare(command: Command, console: Console): void {
  command
    .description('Tells what happens to devices, a line an event, until SIGINT. Needs no privilege.')
    .argument('[device...]', 'names of the devices, there or not yet; without any, all TAP devices')
    .option('--all', 'all links of the network namespace, not TAP devices only')
    .option('--initial', 'begin with what is there')
    .option('--json', 'print one JSON object a line')
    .action(async (devices: readonly string[], options: MonitorOptions) => {
      const [name] = devices;
      if (options.all === true && name !== undefined)
        throw new ArgumentTypeError(`cannot use "--all" with "${name}": only what is named is watched`);
      const { runMonitor } = await import('../monitor/monitor-run.js');
      await runMonitor(devices, options, console);
    });
}
