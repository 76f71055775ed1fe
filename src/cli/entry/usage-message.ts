import type { CommanderError } from 'commander';
import { plural } from '../output/plural.js';

/** The command of a command line. */
export interface UsedCommand {
  readonly name: string;
  /** Its long options. They are suggested for an unknown one. */
  readonly options: readonly string[];
}

/** What is wrong with a command line, in the grammar of all messages, and the word that the user probably meant. */
export interface UsageFault {
  readonly message: string;
  readonly suggestion: string | undefined;
}

/**
 * Commander's sentences, and what rtap prints instead. Commander puts the wrong words into its sentences alone, so this
 * matches the sentences. If commander rewords a sentence, rtap prints commander's.
 */
const SENTENCES: readonly (readonly [theirs: RegExp, ours: string])[] = [
  [/^unknown option '(.+)'$/, 'cannot use option "$1": there is no such option'],
  [/^unknown command '(.+)'$/, 'cannot run "$1": there is no such command'],
  [/^missing required argument '(.+)'$/, 'cannot read argument "$1": it is missing'],
  [/^option '(.+)' argument missing$/, 'cannot read option "$1": its value is missing'],
  [/^required option '(.+)' not specified$/, 'cannot run without option "$1": it is missing'],
  [
    /^too many arguments for '(.+)'\. Expected 0 arguments but got .*/s,
    'cannot run "$1": it takes no arguments',
  ],
  [
    /^too many arguments for '(completion|batch)'\. Expected (\d+) arguments? but got (\d+ arguments?)/,
    'cannot run "$1": $3 given, at most $2 wanted',
  ],
  [
    /^too many arguments for '(.+)'\. Expected (\d+) arguments? but got (\d+ arguments?)/,
    'cannot run "$1": $3 given, at most $2 wanted, device names included',
  ],
  [
    /^option '(.+)' cannot be used with option '(.+)'$/,
    'cannot use option "$1" with option "$2": use one of them',
  ],
  [
    /^command-argument value '(.*)' is invalid for argument '(.+)'\. Allowed choices are (.+)$/s,
    'cannot use $2 "$1": wanted one of $3',
  ],
  [
    /^option '(.+)' argument '(.*)' is invalid\. Allowed choices are (.+)$/s,
    'cannot use option "$1" with "$2": wanted one of $3',
  ],
];

/** Commands that users know from ip(8) and other tools, and the command of rtap that does the same. */
const HABITS: Readonly<Record<string, string>> = {
  add: 'create',
  del: 'delete',
  rm: 'delete',
  remove: 'delete',
  ls: 'list',
  link: 'list',
  info: 'show',
  statistics: 'stats',
  watch: 'monitor',
  dump: 'rx-dump',
  capture: 'rx-dump',
  tcpdump: 'sniff',
  tshark: 'sniff',
  inject: 'tx-inject',
  send: 'tx-inject',
  replay: 'tx-inject',
  tcpreplay: 'tx-inject',
  forward: 'fwd',
  benchmark: 'bench',
  version: '--version',
};

/** Options of tcpdump(1) that a command lacks, and what does the same. */
const OPTION_HABITS: ReadonlyMap<string, string> = new Map([
  ['sniff -r', 'rtap rx-dump -r FILE'],
  ['sniff --read', 'rtap rx-dump -r FILE'],
  ['sniff -D', 'ip -br link'],
  ['sniff --list-interfaces', 'ip -br link'],
]);

/**
 * Translates an error of commander into the grammar of all messages. For an unknown option, the suggestion is those long options
 * of `command` that begin with it, or what does the same elsewhere.
 */
export function readUsageFault(error: CommanderError, command?: UsedCommand): UsageFault {
  const text = error.message.replace(/^error: /, '');
  const suggested = /\n\(Did you mean (?:one of )?(.+)\?\)$/.exec(text);
  const fact = countArguments(suggested === null ? text : text.slice(0, suggested.index));
  const known = findBegun(fact, command?.options ?? []) ?? findOptionHabit(fact, command) ?? findHabit(fact);
  return { message: translate(fact), suggestion: known ?? suggested?.[1] };
}

/** `but got 1` becomes `but got 1 argument`. */
function countArguments(text: string): string {
  const sentence = text.trim().replace(/\.$/, '');
  return sentence.replace(/(?<= but got )\d+$/, (count) => plural(Number(count), 'argument'));
}

/** Returns the long options that begin like the unknown one. rtap refuses abbreviations. */
function findBegun(fact: string, options: readonly string[]): string | undefined {
  const beginning = /^unknown option '(--[^=']+)/.exec(fact)?.[1];
  if (beginning === undefined) return undefined;
  const begun = options.filter((option) => option.startsWith(beginning));
  return begun.length === 0 ? undefined : begun.join(', ');
}

function findOptionHabit(fact: string, command: UsedCommand | undefined): string | undefined {
  const option = /^unknown option '([^=']+)/.exec(fact)?.[1];
  return option === undefined ? undefined : OPTION_HABITS.get(`${command?.name} ${option}`);
}

function findHabit(fact: string): string | undefined {
  const word = /^unknown command '(.+)'$/.exec(fact)?.[1] ?? '';
  return Object.hasOwn(HABITS, word) ? HABITS[word] : undefined;
}

function translate(fact: string): string {
  for (const [theirs, ours] of SENTENCES) {
    if (theirs.test(fact)) return fact.replace(theirs, ours);
  }
  return `cannot read the command line: ${fact}`;
}
