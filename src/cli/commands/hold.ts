import type { Command } from 'commander';
import type { Console } from '../process/console.js';

/** `rtap hold NAME …` */
export function declare(command: Command, console: Console): void {
  command
    .description(
      'Keeps all queues of a device attached, and lends them to rx-dump, tx-inject, fwd and other programs. It reads no queue itself.',
    )
    .argument('<device>', 'name of the device')
    .option('--detach', 'hold the device in the background; return when it is ready')
    .option('--group <group>', 'group that can borrow queues too: a name or number')
    .option('--take-over', 'take the queues over from the present holder, without loss of frames')
    .option('--socket-activation', 'require a socket from systemd (rtap uses one without this option, too)')
    .option('--json', 'print one JSON object')
    .action(async (device: string) => {
      const { runHold } = await import('../device/hold-run.js');
      await runHold(device, command, console);
    });
}
