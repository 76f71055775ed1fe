import type { Command, Option } from 'commander';
import type { Console } from '../process/console.js';

/** Words that may stand in for the positional device name, as ip and tcpdump have them. */
const IFACE = '--iface';
const IFACE_LETTER = 'i';
const DEV = 'dev';
/** The option that every command takes, and that may stand before the command, too. */
const NETNS = '--netns';
/** Its declaration. */
export const NETNS_OPTION = [
  `${NETNS} <namespace>`,
  'work in this network namespace: a name of ip-netns(8), a process id, or a path',
] as const;
/** What can be the value of an option that may go without; another word is the device: `stats --watch io0`. */
const NUMBER = /^\.?\d/;
/** What names a saved capture instead. */
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
   * Adds arguments, options and action to `command`. The action sets `console.exitCode` if it is not 0. `commands` is the
   * list of all commands, which `completion` describes.
   */
  declare(command: Command, console: Console, commands: readonly CommandEntry[]): void;
}

/** What the command line says of the device: its name, and which words said so. */
interface DeviceNaming {
  readonly name: string;
  readonly at: number;
  /** How many words the naming takes away. */
  readonly count: number;
  /** What is left of a cluster like `-nni`. */
  readonly rest?: string;
}

/** Whether the first word of `command` is a device. */
export function takesDevice(command: Command): boolean {
  return command.registeredArguments[0]?.name() === 'device';
}

/**
 * Brings the device to where it is expected: `rtap mtu dev io0 9000`, `rtap mtu -i io0 9000`,
 * `rtap mtu 9000 dev io0` and `rtap mtu --iface=io0 9000` all become `rtap mtu io0 9000`. The other words keep their
 * order. `dev` is a word like others where it cannot mean that: as a device's own name, in a filter, behind `--`.
 * `rtap stats --watch io0` becomes `rtap stats io0 --watch`.
 * Throws a TypeError for a naming without a name, for a second one, and beside `-r` where that is instead of a device.
 *
 * @param words what follows `rtap`
 * @param command the declaration of the first of them
 */
export function normalizeDevice(words: readonly string[], command: Command): string[] {
  if (!takesDevice(command)) return [...words];
  const option = findOption(words, command);
  const naming = option ?? findDev(words, command) ?? findBehindOption(words, command);
  if (naming === undefined) return [...words];
  if (readsSaved(words, command))
    throw new TypeError(
      `cannot use "${option === undefined ? DEV : '-i'}" with -r: a saved capture has no device`,
    );
  if (option !== undefined) refuseSecondNaming(option, words, command);
  const { name, at, count, rest } = naming;
  if (name.startsWith('-') && name !== '-')
    throw new TypeError(`cannot use "${name}" as a device name: options begin so; behind "--" it is taken`);
  const others = rest === undefined ? [] : [rest];
  return [words[0]!, name, ...words.slice(1, at), ...others, ...words.slice(at + count)];
}

/** What stands before the command, and the rest of the words. Throws a TypeError for `--netns` without a name. */
export function splitNamespace(words: readonly string[]): {
  readonly before: readonly string[];
  readonly rest: readonly string[];
} {
  let at = 0;
  while (words[at] === NETNS || words[at]?.startsWith(`${NETNS}=`) === true) {
    at += words[at] === NETNS ? 2 : 1;
    if (at > words.length)
      throw new TypeError(`cannot read option "${NETNS}": the name of a network namespace is missing`);
  }
  return { before: words.slice(0, at), rest: words.slice(at) };
}

/** Whether a saved capture is read instead of a device, which only a command that can do without one does. */
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

/** A filter takes the first word for its own. */
function refuseSecondNaming(naming: DeviceNaming, words: readonly string[], command: Command): void {
  const { name, at, count } = naming;
  if (findOption([words[0]!, ...words.slice(at + count)], command) !== undefined)
    throw new TypeError('cannot use "-i" twice: one device is wanted');
  const [first] = sortWords(words, command).positionals;
  if (first !== undefined && first < at && words[first] === name)
    throw new TypeError(`cannot use "-i" with "${name}" before it: the device is named twice`);
}

/** Whether `--version` or `-V` is asked of `command`, rather than being the value of an option. */
export function wantsVersion(words: readonly string[], command?: Command): boolean {
  if (words[0] === '--version' || words[0] === '-V') return true;
  if (command === undefined) return false;
  const { options } = sortWords(words, command);
  return options.some((at) => words[at] === '--version' || (words[at] === '-V' && !findShort(command, 'V')));
}

/** Where the options and the positional words stand, as commander will see them. */
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

/** Where in `-nni` the letter stands that takes what follows as its value; -1 where none does. */
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
    throw new TypeError(`cannot read option "${words[at]}": the name of a device is missing`);
  return { name, at, count: 2 };
}

/** `dev NAME` before all others; or, where there is a word too many without it, behind them. */
function findDev(words: readonly string[], command: Command): DeviceNaming | undefined {
  const { positionals } = sortWords(words, command);
  const namings = positionals.filter((at, index) => words[at] === DEV && positionals[index + 1] === at + 1);
  const naming = namings.find((at) => at === positionals[0] || positionals.length > positionalsMax(command));
  return naming === undefined ? undefined : nameAfter(words, naming);
}

/** The first word of all that is no option, where commander would take it for the value of the option before it. */
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
