import type { CommanderError } from 'commander';
import { plural } from '../output/plural.js';

/** What is wrong with a command line, in the grammar of all messages, and the word that was probably meant. */
export interface UsageFault {
  readonly message: string;
  readonly suggestion: string | undefined;
}

/**
 * Commander's sentences, and what rtap prints instead. Commander puts the words that were wrong into its sentences alone,
 * so that these are matched. A sentence that it rewords is still printed, as its own.
 */
const SENTENCES: readonly (readonly [theirs: RegExp, ours: string])[] = [
  [/^unknown option '(.+)'$/, 'cannot use option "$1": there is none of that name'],
  [/^unknown command '(.+)'$/, 'cannot run "$1": there is no such command'],
  [/^missing required argument '(.+)'$/, 'cannot read argument "$1": it is missing'],
  [/^option '(.+)' argument missing$/, 'cannot read option "$1": its value is missing'],
  [/^required option '(.+)' not specified$/, 'cannot do without option "$1": it is missing'],
  [
    /^too many arguments for '(.+)'\. Expected 0 arguments but got .*/s,
    'cannot run "$1": it takes no argument',
  ],
  [
    /^too many arguments for '(.+)'\. Expected (\d+) arguments? but got (\d+ arguments?)/,
    'cannot run "$1": $3 given, at most $2 wanted',
  ],
  [/^option '(.+)' cannot be used with option '(.+)'$/, 'cannot use option "$1": it excludes "$2"'],
  [
    /^command-argument value '(.*)' is invalid for argument '(.+)'\. Allowed choices are (.+)$/s,
    'cannot use $2 "$1": wanted one of $3',
  ],
  [
    /^option '(.+)' argument '(.*)' is invalid\. Allowed choices are (.+)$/s,
    'cannot use option "$1" with "$2": wanted one of $3',
  ],
];

/**
 * Translates an error of commander into the grammar of all messages. For an unknown option, the suggestion is those of
 * `options` (`--json`) that begin with it.
 */
export function readUsageFault(error: CommanderError, options: readonly string[] = []): UsageFault {
  const text = error.message.replace(/^error: /, '');
  const suggested = /\n\(Did you mean (?:one of )?(.+)\?\)$/.exec(text);
  const fact = countArguments(suggested === null ? text : text.slice(0, suggested.index));
  const begun = findBegun(fact, options);
  return { message: translate(fact), suggestion: begun === '' ? suggested?.[1] : begun };
}

/** `but got 1` becomes `but got 1 argument`. */
function countArguments(text: string): string {
  const sentence = text.trim().replace(/\.$/, '');
  return sentence.replace(/(?<= but got )\d+$/, (count) => plural(Number(count), 'argument'));
}

/** The long options that begin like the unknown one, since abbreviations are refused. */
function findBegun(fact: string, options: readonly string[]): string {
  const beginning = /^unknown option '(--[^=']+)/.exec(fact)?.[1];
  if (beginning === undefined) return '';
  return options.filter((option) => option.startsWith(beginning)).join(', ');
}

function translate(fact: string): string {
  for (const [theirs, ours] of SENTENCES) {
    if (theirs.test(fact)) return fact.replace(theirs, ours);
  }
  return `cannot read the command line: ${fact}`;
}
