import type { Command } from 'commander';
import type { HoldArguments } from '../device/hold-run.js';
import type { Console } from '../process/console.js';

/** `rtap hold NAME …` */
export function declare(command: Command, console: Console): void {
  command
    .description(
      'Keeps all queues of a device attached, reads none, and lends them to rx-dump, tx-inject and programs.',
    )
    .argument('<device>', 'name of the device')
    .option('--detach', 'go on in the background, and return when it is ready')
    .option('--group <group>', 'group that may borrow, too: name or number')
    .option('--take-over', 'take everything over from the holder there is, without loss')
    .option('--socket-activation', 'insist on a socket of systemd: one that is handed over is served anyway')
    .option('--json', 'print as JSON')
    .action(async (device: string, options: HoldArguments) => {
      const { runHold } = await import('../device/hold-run.js');
      await runHold(device, options, console);
    });
}
