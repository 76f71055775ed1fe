import { type Argument, Command, type Option } from 'commander';
import { NETNS_OPTION, PROGRAM, type Program, takesDevice } from '../arguments/command-line.js';
import type { Console } from '../process/console.js';

/** What a shell offers where a word is due. */
export type Offer =
  | { readonly kind: 'device' | 'namespace' | 'file' | 'free' }
  /** Another program and its arguments. */
  | { readonly kind: 'program' }
  /** One of these. */
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** Some of these, with commas between. */
  | { readonly kind: 'list'; readonly words: readonly string[] };

/** An option as a shell offers it. */
export interface OptionWords {
  /** `-q` and `--queue`, or one of them. */
  readonly names: readonly string[];
  readonly description: string;
  /** Its value; undefined where it takes none. */
  readonly offer: Offer | undefined;
  /** Whether its value stands where the device would. @default false */
  readonly replacesDevice?: boolean;
}

/** A subcommand as a shell offers it. */
export interface CommandWords {
  readonly name: string;
  readonly summary: string;
  /** What its positional words are, in their order. */
  readonly positionals: readonly Offer[];
  /** Whether more words like the last of them can follow. */
  readonly repeats: boolean;
  readonly options: readonly OptionWords[];
}

const FREE: Offer = { kind: 'free' };
const DEVICE: Offer = { kind: 'device' };

const HELP: OptionWords = { names: ['-h', '--help'], description: 'print this help', offer: undefined };
const IFACE: OptionWords = {
  names: ['-i', '--iface'],
  description: 'the device',
  offer: DEVICE,
  replacesDevice: true,
};

/** Of `[address|random]`, what stands for something else than itself. */
const PLACEHOLDERS: readonly string[] = ['address'];
/** A device has four queues unless it was made with more. */
const QUEUES: readonly string[] = ['0', '1', '2', '3'];

/**
 * The words of all commands of `program`, with their options, from the same declarations that parse a command line; and `help`, which
 * commander adds.
 */
export async function readCommandWords(program: Program, console: Console): Promise<CommandWords[]> {
  const { commands } = program;
  const words = await Promise.all(
    commands.map(async ({ name, summary, load }) => {
      const command = new Command(name);
      const { declare } = await load();
      declare(command, console, program);
      command.option(...NETNS_OPTION);
      const device = takesDevice(command);
      const options = [...command.options.map(wordsFor(command)), ...(device ? [IFACE] : []), HELP];
      const repeats = command.registeredArguments.at(-1)?.variadic === true;
      return { name, summary, positionals: positionalsOf(command, device), repeats, options };
    }),
  );
  const names: Offer = { kind: 'words', words: commands.map(({ name }) => name) };
  return [
    ...words,
    {
      name: 'help',
      summary: 'print the help of a command',
      positionals: [names],
      repeats: false,
      options: [HELP],
    },
  ];
}

function positionalsOf(command: Command, device: boolean): Offer[] {
  const [first, ...others] = command.registeredArguments.map(offerOfArgument);
  if (first === undefined) return [];
  // A new device has no name to offer.
  return [device ? (command.name() === 'create' ? FREE : DEVICE) : first, ...others];
}

function offerOfArgument(argument: Argument): Offer {
  return offerOf(argument.name(), argument.argChoices);
}

/** Where a command can do without a device, `--read` brings its frames instead. */
function wordsFor(command: Command): (option: Option) => OptionWords {
  const optional = command.registeredArguments[0]?.required === false && takesDevice(command);
  return (option) => ({
    ...wordsOf(option),
    ...(optional && option.long === '--read' ? { replacesDevice: true } : {}),
  });
}

function wordsOf(option: Option): OptionWords {
  const names = [option.short, option.long].filter((name) => name !== undefined && name !== null);
  const value = /[<[](.+)[\]>]/.exec(option.flags)?.[1];
  const { description } = option;
  // Behind an option that may go without a value comes the device, more likely than that.
  if (value === undefined || option.optional) return { names, description, offer: undefined };
  if (option.long === '--queue')
    return {
      names,
      description,
      offer: { kind: 'words', words: queueWords(value) },
    };
  return { names, description, offer: offerOf(value, option.argChoices) };
}

/** `value` is `number`, `queues`, or this and other words: `queues|recorded`. */
function queueWords(value: string): readonly string[] {
  const [first, ...others] = value.split('|');
  return first === 'queues' ? ['all', ...others, ...QUEUES] : QUEUES;
}

/** By the name of a value, as help shows it: `file`, `list`, `on|off`. */
function offerOf(value: string, choices: readonly string[] | undefined): Offer {
  if (choices !== undefined) return { kind: value === 'list' ? 'list' : 'words', words: choices };
  if (value === 'file' || value === 'namespace') return { kind: value };
  if (value === PROGRAM) return { kind: 'program' };
  if (value === 'devices' || value === 'peer') return DEVICE;
  if (!value.includes('|')) return FREE;
  return { kind: 'words', words: value.split('|').filter((word) => !PLACEHOLDERS.includes(word)) };
}
