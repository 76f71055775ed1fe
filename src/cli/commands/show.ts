import type { Command } from 'commander';
import type { Console } from '../process/console.js';

interface ShowOptions {
  readonly json?: boolean;
}

/** `rtap show NAME` */
export function declare(command: Command, console: Console): void {
  command
    .description('Shows one device in detail. It attaches to nothing.')
    .argument('<device>', 'name of the device')
    .option('--json', 'print one JSON object')
    .action(async (device: string, options: ShowOptions) => {
      const { viewDevice } = await import('../../tap/device/device-view.js');
      const view = viewDevice(device);
      if (options.json === true) {
        const { deviceViewJson } = await import('../device/device-json.js');
        console.printJson(deviceViewJson(view));
      } else {
        const { describeDevice } = await import('../device/device-text.js');
        console.print(describeDevice(view, console.style));
      }
    });
}
