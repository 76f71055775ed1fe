import type { Command } from 'commander';
import { ArgumentTypeError } from '../../errors.js';
import { plural } from '../output/plural.js';

/** A mistake on the command line, with a `hint` that only the code that found it can give. */
export class HintedError extends ArgumentTypeError {
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

/** Throws a HintedError where more words were given than `command` declares: commander's own error has no hint. */
export function refuseExcess(command: Command, hint: string): void {
  const { args, registeredArguments } = command;
  if (args.length <= registeredArguments.length) return;
  const given = plural(args.length, 'argument');
  throw new HintedError(
    `cannot run "${command.name()}": ${given} given, at most ${registeredArguments.length} wanted`,
    hint,
  );
}
