import type { Command } from 'commander';
import { ArgumentTypeError } from '../../errors.js';

/** Has `command` refuse an option with one value that is given twice, where commander would keep the last. */
export function refuseRepetition(command: Command): void {
  for (const option of command.options) {
    // One with a parser of its own collects.
    if (!option.required || option.parseArg !== undefined) continue;
    let given = 0;
    command.on(`option:${option.name()}`, () => {
      given += 1;
      if (given > 1)
        throw new ArgumentTypeError(`cannot use ${option.long ?? option.short} twice: it has one value`);
    });
  }
}
