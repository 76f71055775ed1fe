import type { Command, Option } from 'commander';
import { ArgumentTypeError } from '../../errors.js';
import { HintedError } from '../errors/usage-error.js';
import type { Console } from '../process/console.js';

/** Other ways to name the device, as ip(8) and tcpdump(1) have them. */
const IFACE = '--iface';
const IFACE_LETTER = 'i';
const DEV = 'dev';
/** The option that every command takes. It may also stand before the command. */
const NETNS = '--netns';
/** Its declaration. */
export const NETNS_OPTION = [
  `${NETNS} <namespace>`,
  'work in this network namespace: a name of ip-netns(8), a process id, or a path',
] as const;
/** What is taken as the value of an option whose value is optional. Another word is the device: `stats --watch io0`. */
const NUMBER = /^\.?\d/;
/** The argument of a command that is another program with its words. */
export const PROGRAM = 'command';
/** The option that names a saved capture instead of a device. */
const READ = '--read';

/** One subcommand, as the list of commands has it. */
export interface CommandEntry {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Loads the command's file. Only the file of the command that runs is loaded. */
  load(): Promise<CommandModule>;
}

/** What each file of commands/ exports. */
export interface CommandModule {
  /**
   * Adds arguments, options and action to `command`. The action sets `console.exitCode` if it is not 0.
   */
  declare(command: Command, console: Console, program: Program): void;
}

/** How a command line is run. */
export interface RunOptions {
  /** Gets the parsed command before it does anything. It can change options, and refuse the command by throwing. */
  readonly examine?: (command: Command) => void;
  /** Reads the command line and does nothing. @default false */
  readonly readOnly?: boolean;
}

/** The program that a command belongs to. */
export interface Program {
  /** All commands, in the order of the help. */
  readonly commands: readonly CommandEntry[];
  /** Runs a command line, the words behind `rtap`. Reports its errors on `console`, and returns its exit code. */
  run(words: readonly string[], console: Console, options?: RunOptions): Promise<number>;
}

/** The device that the command line names, and which words name it. */
interface DeviceNaming {
  readonly name: string;
  readonly at: number;
  /** How many words name it. They are taken out of their place. */
  readonly count: number;
  /** The other letters of a cluster: `-nn` of `-nni`. */
  readonly rest?: string;
}

/** Whether the first word of `command` is a device. */
export function takesDevice(command: Command): boolean {
  return command.registeredArguments[0]?.name() === 'device';
}

/**
 * Moves the device to its place behind the command: `rtap mtu dev io0 9000`, `rtap mtu -i io0 9000`,
 * `rtap mtu 9000 dev io0` and `rtap mtu --iface=io0 9000` all become `rtap mtu io0 9000`. The other words keep their
 * order. `dev` is an ordinary word if it is itself the name of a device, stands in a filter, or follows `--`.
 * `rtap stats --watch io0` becomes `rtap stats io0 --watch`.
 * Throws a TypeError if the name is missing, if two devices are named where one is wanted, or if a device is named beside
 * a saved capture (`-r`).
 *
 * @param words the words behind `rtap`
 * @param command the declaration of the first of them
 */
export function normalizeDevice(words: readonly string[], command: Command): string[] {
  if (!takesDevice(command)) return [...words];
  const option = findOption(words, command);
  const naming = option ?? findDev(words, command) ?? findBehindOption(words, command);
  if (naming === undefined) return [...words];
  if (readsSaved(words, command))
    throw new ArgumentTypeError(
      `cannot use "${option === undefined ? DEV : '-i'}" with -r: a saved capture has no device`,
    );
  if (option !== undefined) refuseSecondNaming(option, words, command);
  const { name, at, count, rest } = naming;
  if (name.startsWith('-') && name !== '-')
    throw new ArgumentTypeError(
      `cannot use "${name}" as a device name: options begin like this; write it after "--"`,
    );
  const others = rest === undefined ? [] : [rest];
  return [words[0]!, name, ...words.slice(1, at), ...others, ...words.slice(at + count)];
}

/**
 * Throws an error if `command` runs a program, and a word of that program stands before `--`: options of the program would be taken for
 * those of the command.
 *
 * @param words as `normalizeDevice` returns them
 */
export function assertSeparated(words: readonly string[], command: Command): void {
  if (!command.registeredArguments.some((argument) => argument.name() === PROGRAM && argument.variadic))
    return;
  const [device, program] = sortWords(words, command).positionals;
  if (device === undefined || program === undefined) return;
  throw new HintedError(`cannot run "${words[program]}": it must come after --`, (commands) =>
    commands.rtap(...words.slice(0, program), '--', ...words.slice(program).filter((word) => word !== '--')),
  );
}

/** Splits `words` into `--netns` before the command and the rest. Throws a TypeError for `--netns` without a name. */
export function splitNamespace(words: readonly string[]): {
  readonly before: readonly string[];
  readonly rest: readonly string[];
} {
  const at = namespaceEnd(words);
  if (at > words.length)
    throw new ArgumentTypeError(`cannot read option "${NETNS}": the name of a network namespace is missing`);
  return { before: words.slice(0, at), rest: words.slice(at) };
}

/** Returns the first of `words` behind `--netns`: the name of the command. '' if there is none. */
export function commandName(words: readonly string[]): string {
  return words[namespaceEnd(words)] ?? '';
}

/** The place of the first word behind `--netns` and its value. */
function namespaceEnd(words: readonly string[]): number {
  let at = 0;
  while (words[at] === NETNS || words[at]?.startsWith(`${NETNS}=`) === true)
    at += words[at] === NETNS ? 2 : 1;
  return at;
}

/** Whether a saved capture is read instead of a device. Only commands whose device is optional can do that. */
function readsSaved(words: readonly string[], command: Command): boolean {
  if (command.registeredArguments[0]?.required !== false) return false;
  const read = command.options.find(({ long }) => long === READ);
  if (read === undefined) return false;
  return sortWords(words, command).options.some((at) => {
    const word = words[at]!;
    if (word.startsWith('--')) return word === READ || word.startsWith(`${READ}=`);
    return findShort(command, word[clusterEnd(word, command)] ?? '') === read;
  });
}

/** In rx-dump a second name would otherwise become the first word of the filter. */
function refuseSecondNaming(naming: DeviceNaming, words: readonly string[], command: Command): void {
  const { name, at, count } = naming;
  if (findOption([words[0]!, ...words.slice(at + count)], command) !== undefined)
    throw new ArgumentTypeError('cannot use "-i" twice: give one device');
  const [first] = sortWords(words, command).positionals;
  if (first !== undefined && first < at && words[first] === name)
    throw new ArgumentTypeError(`cannot use "-i" with "${name}" before it: that names the device twice`);
}

/** Whether `--version` or `-V` is an option among `words`, and not the value of another option. */
export function wantsVersion(words: readonly string[], command?: Command): boolean {
  if (words[0] === '--version' || words[0] === '-V') return true;
  if (command === undefined) return false;
  const { options } = sortWords(words, command);
  return options.some((at) => words[at] === '--version' || (words[at] === '-V' && !findShort(command, 'V')));
}

/** The places of the options and of the positional words, as commander will see them. */
function sortWords(words: readonly string[], command: Command): { options: number[]; positionals: number[] } {
  const options: number[] = [];
  const positionals: number[] = [];
  for (let at = 1; at < words.length && words[at] !== '--'; at++) {
    const word = words[at]!;
    if (word.length < 2 || !word.startsWith('-')) {
      positionals.push(at);
      continue;
    }
    options.push(at);
    if (awaitsValue(words, at, command)) at += 1;
  }
  return { options, positionals };
}

function awaitsValue(words: readonly string[], at: number, command: Command): boolean {
  const word = words[at]!;
  if (word === IFACE) return true;
  if (!word.startsWith('--')) return clusterEnd(word, command) === word.length - 1;
  const option = findLong(command, word);
  return option?.optional === true ? NUMBER.test(words[at + 1] ?? '') : takesValue(option);
}

/** The place in `-nni` of the first letter that takes a value; -1 if none does. */
function clusterEnd(word: string, command: Command): number {
  for (let at = 1; at < word.length; at++) {
    if (isDeviceLetter(word[at]!, command) || takesValue(findShort(command, word[at]!))) return at;
  }
  return -1;
}

function isDeviceLetter(letter: string, command: Command): boolean {
  return letter === IFACE_LETTER && findShort(command, letter) === undefined;
}

function findLong(command: Command, word: string): Option | undefined {
  return command.options.find(({ long }) => long === word);
}

function findShort(command: Command, letter: string): Option | undefined {
  return command.options.find(({ short }) => short === `-${letter}`);
}

function takesValue(option: Option | undefined): boolean {
  return option !== undefined && (option.required || option.optional);
}

/** The first of `-i NAME`, `-iNAME`, `--iface NAME`, `--iface=NAME`. */
function findOption(words: readonly string[], command: Command): DeviceNaming | undefined {
  for (const at of sortWords(words, command).options) {
    const word = words[at]!;
    if (word === IFACE) return nameAfter(words, at);
    if (word.startsWith(`${IFACE}=`)) return { name: word.slice(IFACE.length + 1), at, count: 1 };
    if (word.startsWith('--')) continue;
    const end = clusterEnd(word, command);
    if (end < 0 || !isDeviceLetter(word[end]!, command)) continue;
    const rest = end > 1 ? { rest: word.slice(0, end) } : {};
    if (end < word.length - 1) return { name: word.slice(end + 1), at, count: 1, ...rest };
    return { ...nameAfter(words, at), ...rest };
  }
  return undefined;
}

function nameAfter(words: readonly string[], at: number): DeviceNaming {
  const name = words[at + 1];
  if (name === undefined)
    throw new ArgumentTypeError(`cannot read option "${words[at]}": the name of a device is missing`);
  return { name, at, count: 2 };
}

/** `dev NAME` before all other words, or behind them if there were otherwise a word too many. */
function findDev(words: readonly string[], command: Command): DeviceNaming | undefined {
  const { positionals } = sortWords(words, command);
  const namings = positionals.filter((at, index) => words[at] === DEV && positionals[index + 1] === at + 1);
  const naming = namings.find((at) => at === positionals[0] || positionals.length > positionalsMax(command));
  return naming === undefined ? undefined : nameAfter(words, naming);
}

/** The first word that is no option, if commander would take it for the value of the option before it. */
function findBehindOption(words: readonly string[], command: Command): DeviceNaming | undefined {
  const [at] = sortWords(words, command).positionals;
  if (at === undefined || findLong(command, words[at - 1]!)?.optional !== true) return undefined;
  return { name: words[at]!, at, count: 1 };
}

function positionalsMax({ registeredArguments }: Command): number {
  return registeredArguments.some(({ variadic }) => variadic)
    ? Number.POSITIVE_INFINITY
    : registeredArguments.length;
}

/** Makes `command` refuse an option that takes one value and is given twice. Commander would keep the last value. */
export function refuseRepetition(command: Command): void {
  for (const option of command.options) {
    // An option with a parser of its own collects its values.
    if (!option.required || option.parseArg !== undefined) continue;
    let given = 0;
    command.on(`option:${option.name()}`, () => {
      given += 1;
      if (given > 1)
        throw new ArgumentTypeError(`cannot use ${option.long ?? option.short} twice: it takes one value`);
    });
  }
}
