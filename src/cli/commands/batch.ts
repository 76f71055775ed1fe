import type { Command } from 'commander';
import type { Program } from '../arguments/command-line.js';
import type { BatchOptions } from '../batch/batch-run.js';
import type { Console } from '../process/console.js';

/** `rtap batch [FILE|-]` */
export function declare(command: Command, console: Console, program: Program): void {
  command
    .description(
      'Runs the commands of a file or a pipe in one process: one command on each line, as you type it after "rtap". It stops at the first command that fails.',
    )
    .argument('[file]', 'file with commands; - is standard input', '-')
    .option('--keep-going', 'go on after a command that fails')
    .option('--json', 'print one JSON object for each command')
    .action(async (path: string, options: BatchOptions) => {
      const { runBatch } = await import('../batch/batch-run.js');
      await runBatch(path, options, program, console);
    });
}
