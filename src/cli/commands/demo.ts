import type { Command } from 'commander';
import type { Console } from '../process/console.js';

/** `rtap demo` */
export function declare(command: Command, console: Console): void {
  command
    .description('Shows the main commands in a network namespace of its own. It leaves the host alone.')
    .action(async () => {
      const { runDemo } = await import('../device/demo-run.js');
      console.exitCode = await runDemo(console);
    });
}
