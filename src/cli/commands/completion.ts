import { Argument, type Command } from 'commander';
import type { Program } from '../arguments/command-line.js';
import { SHELLS, type Shell } from '../completion/shell-script.js';
import type { Console } from '../process/console.js';

/** `rtap completion bash|zsh|fish` */
export function declare(command: Command, console: Console, program: Program): void {
  command
    .description('Prints a script that lets a shell complete commands, devices and options.')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .action(async (shell: Shell) => {
      const { readCommandWords } = await import('../completion/command-words.js');
      const { completionScript } = await import('../completion/shell-script.js');
      console.print(completionScript(shell, await readCommandWords(program, console)));
    });
}
