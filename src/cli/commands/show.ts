import type { Command } from 'commander';
import { forEachDevice, printJsonOf } from '../device/each-device.js';
import type { Console } from '../process/console.js';

interface ShowOptions {
  readonly json?: boolean;
}

/** `rtap show NAME…` */
export function declare(command: Command, console: Console): void {
  command
    .description('Shows devices in detail. It attaches to nothing.')
    .argument('<device...>', 'names of the devices')
    .option('--json', 'print JSON: one object, or an array for several devices')
    .action(async (devices: readonly string[], options: ShowOptions) => {
      const { viewDevice } = await import('../../tap/device/device-view.js');
      await forEachDevice(devices, viewDevice, async (views) => {
        if (options.json === true) {
          const { deviceViewJson } = await import('../device/device-json.js');
          printJsonOf(views.map(deviceViewJson), devices, console);
        } else if (views.length > 0) {
          const { describeDevice } = await import('../device/device-text.js');
          console.print(views.map((view) => describeDevice(view, console.style)).join('\n\n'));
        }
      });
    });
}
