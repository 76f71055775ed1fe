import type { Command, Option } from 'commander';

/** Returns the words behind `rtap` that run `command` again with its present options and the arguments `values`. */
export function wordsOf(command: Command, values: readonly string[]): string[] {
  const options = command.options.flatMap((option) => optionWords(option, command));
  // A name can begin with a hyphen.
  return [command.name(), ...options, '--', ...values];
}

/** The words of an option; none if it was not given. */
function optionWords(option: Option, command: Command): string[] {
  const name = option.attributeName();
  if (command.getOptionValueSource(name) !== 'cli') return [];
  const value: unknown = command.getOptionValue(name);
  const word = option.long ?? option.short ?? '';
  if (typeof value === 'boolean') return value === !option.negate ? [word] : [];
  return (Array.isArray(value) ? value : [value]).flatMap((one) => [word, String(one)]);
}
