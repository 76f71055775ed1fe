import { Command } from 'commander';
import { COMMANDS } from '../command-table.js';
import type { Console } from '../console.js';

/** An option as a shell offers it. */
export interface OptionWords {
  /** `-q` and `--queue`, or one of them. */
  readonly names: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  /** Its value is a path. */
  readonly takesFile: boolean;
}

/** A subcommand as a shell offers it. */
export interface CommandWords {
  readonly name: string;
  readonly summary: string;
  /** Its first word is a device that exists. */
  readonly takesDevice: boolean;
  readonly options: readonly OptionWords[];
}

/** Every subcommand with its options, from the very declarations that parse them. */
export async function readCommandWords(console: Console): Promise<CommandWords[]> {
  return Promise.all(
    COMMANDS.map(async ({ name, summary, load }) => {
      const command = new Command(name).helpOption('-h, --help', 'this help');
      const { declare } = await load();
      declare(command, console);
      const takesDevice = command.registeredArguments[0]?.name() === 'device' && name !== 'create';
      return { name, summary, takesDevice, options: [...command.options.map(wordsOf), HELP] };
    }),
  );
}

const HELP: OptionWords = {
  names: ['-h', '--help'],
  description: 'this help',
  takesValue: false,
  takesFile: false,
};

function wordsOf(option: Command['options'][number]): OptionWords {
  const names = [option.short, option.long].filter((name) => name !== undefined && name !== null);
  const takesFile = /<file>/.test(option.flags);
  return {
    names,
    description: option.description,
    takesValue: option.required || option.optional,
    takesFile,
  };
}
