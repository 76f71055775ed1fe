import type { Command } from 'commander';
import type { Console } from '../process/console.js';
import type { TopOptions } from '../top/top-run.js';

/** `rtap top [NAME …]` */
export function declare(command: Command, console: Console): void {
  command
    .description(
      'Draws the rates of devices and their queues on the terminal, and which process reads each queue. It needs no root.',
    )
    .argument('[device...]', 'names of the devices (default: all TAP devices, also those made later)')
    .option('--interval <seconds>', 'draw at this interval (default: 1 second)')
    .addHelpText(
      'after',
      `
Keys:
  q, Ctrl-C    quit
  s, right     next order: automatic, busiest, rx, tx, number
  left         previous order
  up, down     turn the order round
`,
    )
    .action(async (devices: readonly string[], options: TopOptions) => {
      const { runTop } = await import('../top/top-run.js');
      await runTop(devices, options, console);
    });
}
