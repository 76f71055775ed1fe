import type { Command } from 'commander';
import type { LendArguments } from '../device/lend-run.js';
import type { Console } from '../process/console.js';

/** `rtap lend NAME … -- COMMAND [ARG …]` */
export function declare(command: Command, console: Console): void {
  command
    .description(
      'Borrows queues of a device, and becomes another program that uses them: QEMU, a VPN, a script. Arguments can contain {fds}, the descriptors as in 5:6, {fd}, the only one, and {queues}, their number.',
    )
    .usage('<device> [options] -- <command> [argument...]')
    .argument('<device>', 'name of the device')
    .argument('<command...>', 'the program and its arguments, after --')
    .option('-q, --queue <queues>', 'queues to lend: 2, 0,2, 1-3 or all', 'all')
    .option('--backlog', "keep the frames that already wait in a holder's queues")
    .action(async (device: string, words: readonly [string, ...string[]], options: LendArguments) => {
      const { runLend } = await import('../device/lend-run.js');
      runLend(device, words, options, console);
    });
}
