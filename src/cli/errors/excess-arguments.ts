import type { Command } from 'commander';
import { plural } from '../output/plural.js';
import { HintedError } from './usage-error.js';

/** Refuses more words than `command` declares, as it would itself without `allowExcessArguments`, and says what to do. */
export function refuseExcess(command: Command, hint: string): void {
  const { args, registeredArguments } = command;
  if (args.length <= registeredArguments.length) return;
  const given = plural(args.length, 'argument');
  throw new HintedError(
    `cannot run "${command.name()}": ${given} given, at most ${registeredArguments.length} wanted`,
    hint,
  );
}
