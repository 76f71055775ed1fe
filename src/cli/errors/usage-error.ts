import type { Command } from 'commander';
import { ArgumentTypeError } from '../../errors.js';
import { plural } from '../output/plural.js';
import type { CommandWriter } from './command-writer.js';

/** What a user can do: a text, or what writes it with commands to paste. */
export type Hint = string | ((commands: CommandWriter) => string);

/** A mistake on the command line, with a `hint` that only the code that found the mistake can give. */
export class HintedError extends ArgumentTypeError {
  readonly hint: Hint;

  constructor(message: string, hint: Hint) {
    super(message);
    this.hint = hint;
  }
}

/** Throws a HintedError if the user gave more words than `command` declares: commander's own error has no hint. */
export function refuseExcess(command: Command, hint: string): void {
  const { args, registeredArguments } = command;
  if (args.length <= registeredArguments.length) return;
  const given = plural(args.length, 'argument');
  throw new HintedError(
    `cannot run "${command.name()}": ${given} given, at most ${registeredArguments.length} wanted, device names included`,
    hint,
  );
}

/** The hint for a folder of captures in place of one. */
export const NAME_CAPTURES = 'give each file in it: -r FILE -r FILE';
