import type { CommanderError } from 'commander';

/** What is wrong with a command line, in the grammar of all messages, and the word that may have been meant. */
export interface UsageFault {
  readonly message: string;
  readonly suggestion: string | undefined;
}

/** Commander's sentences, and what this project says for them. */
const SENTENCES: readonly (readonly [theirs: RegExp, ours: string])[] = [
  [/^unknown option '(.+)'$/, 'cannot use option "$1": there is none of that name'],
  [/^unknown command '(.+)'$/, 'cannot run "$1": there is no such command'],
  [/^missing required argument '(.+)'$/, 'cannot read argument "$1": it is missing'],
  [/^option '(.+)' argument missing$/, 'cannot read option "$1": its value is missing'],
  [/^required option '(.+)' not specified$/, 'cannot do without option "$1": it is missing'],
  [
    /^too many arguments for '(.+)'\. Expected (\d+) arguments? but got (\d+)/,
    'cannot run "$1": $3 arguments given, at most $2 wanted',
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

/** Translates an error of commander, so that its messages read like the others. */
export function readUsageFault(error: CommanderError): UsageFault {
  const text = error.message.replace(/^error: /, '');
  const suggested = /\n\(Did you mean (?:one of )?(.+)\?\)$/.exec(text);
  const fact = (suggested === null ? text : text.slice(0, suggested.index)).trim().replace(/\.$/, '');
  return { message: translate(fact), suggestion: suggested?.[1] };
}

function translate(fact: string): string {
  for (const [theirs, ours] of SENTENCES) {
    if (theirs.test(fact)) return fact.replace(theirs, ours);
  }
  return `cannot read the command line: ${fact}`;
}
