import { ArgumentTypeError } from '../../errors.js';

/** One step of a command line, as POSIX describes the shell's quoting. */
const TOKEN =
  /(?<blank>[ \t\n]+|(?<![^ \t\n])#[^\n]*)|'(?<single>[^']*)'|"(?<double>(?:[^"\\]|\\.)*)"|\\(?<escaped>.)|(?<plain>[^ \t\n'"\\]+)/gsy;
/** Inside double quotes a backslash quotes only these. */
const ESCAPE_IN_DOUBLE = /\\([$`"\\\n])/g;
/** What a shell acts on outside quotes, and what it acts on inside double quotes. Nothing does here. */
const SHELL_ONLY = /[|&;<>()$`]/;
const EXPANDED_IN_DOUBLE = /[$`]/;

/**
 * The words of a command, split as sh(1) splits them: at blanks outside quotes, with single quotes, double quotes and
 * backslashes, and without a comment that begins with #. No shell runs: throws an ArgumentTypeError for what only a shell can do,
 * and for a quote without an end.
 *
 * @param purpose what the words are for, as the message of an error says it: `cannot <purpose>: …`
 */
export function splitWords(text: string, purpose: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let at = 0;
  for (const match of text.matchAll(TOKEN)) {
    const { blank, single, double, escaped, plain } = match.groups!;
    at = match.index + match[0].length;
    if (blank !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    // A backslash before the end of a line joins the lines, also between two words.
    if (escaped === '\n') continue;
    word = (word ?? '') + (single ?? readDouble(purpose, double) ?? escaped ?? readPlain(purpose, plain!));
  }
  if (at < text.length) throw refused(purpose, openEnd(text.charAt(at)));
  if (word !== undefined) words.push(word);
  return words;
}

function openEnd(character: string): string {
  return character === '\\' ? 'no character follows the \\ at its end' : `the quote ${character} has no end`;
}

/** Whether a backslash ends `text`, so that the next line continues the command. */
export function isContinued(text: string): boolean {
  let at = 0;
  for (const match of text.matchAll(TOKEN)) at = match.index + match[0].length;
  return text.slice(at) === '\\';
}

function readDouble(purpose: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  refuseShell(purpose, EXPANDED_IN_DOUBLE.exec(text.replace(ESCAPE_IN_DOUBLE, '')));
  return text.replace(ESCAPE_IN_DOUBLE, (_, character: string) => (character === '\n' ? '' : character));
}

function readPlain(purpose: string, text: string): string {
  refuseShell(purpose, SHELL_ONLY.exec(text));
  return text;
}

function refuseShell(purpose: string, match: RegExpExecArray | null): void {
  if (match !== null)
    throw refused(purpose, `no shell reads it, so ${match[0]} has no effect (quote it, or write a script)`);
}

function refused(purpose: string, what: string): ArgumentTypeError {
  return new ArgumentTypeError(`cannot ${purpose}: ${what}`);
}
