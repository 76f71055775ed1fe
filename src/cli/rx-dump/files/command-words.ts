import { ArgumentTypeError } from '../../../errors.js';

/** One step of a command line, as POSIX describes the shell's quoting. */
const TOKEN =
  /(?<blank>[ \t\n]+)|'(?<single>[^']*)'|"(?<double>(?:[^"\\]|\\.)*)"|\\(?<escaped>.)|(?<plain>[^ \t\n'"\\]+)/gsy;
/** Inside double quotes a backslash quotes only these. */
const ESCAPE_IN_DOUBLE = /\\([$`"\\\n])/g;
/** What a shell acts on outside quotes, and what it acts on inside double quotes. Nothing does here. */
const SHELL_ONLY = /[|&;<>()$`]/;
const EXPANDED_IN_DOUBLE = /[$`]/;

/**
 * The words of a command, split as sh(1) splits them: at blanks outside quotes, with single quotes, double quotes and
 * backslashes. No shell runs: throws an ArgumentTypeError for what only a shell can do, and for a quote without an end.
 */
export function splitWords(text: string): string[] {
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
    word =
      (word ?? '') + (single ?? readDouble(text, double) ?? readEscaped(escaped) ?? readPlain(text, plain!));
  }
  if (at < text.length) throw refused(text, `${text[at]} has no end`);
  if (word !== undefined) words.push(word);
  return words;
}

function readDouble(command: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  refuseShell(command, EXPANDED_IN_DOUBLE.exec(text.replace(ESCAPE_IN_DOUBLE, '')));
  return text.replace(ESCAPE_IN_DOUBLE, (_, character: string) => (character === '\n' ? '' : character));
}

/** A backslash before the end of a line joins the lines. */
function readEscaped(character: string | undefined): string | undefined {
  return character === '\n' ? '' : character;
}

function readPlain(command: string, text: string): string {
  refuseShell(command, SHELL_ONLY.exec(text));
  return text;
}

function refuseShell(command: string, match: RegExpExecArray | null): void {
  if (match !== null)
    throw refused(command, `no shell reads it, so ${match[0]} has no effect (quote it, or write a script)`);
}

function refused(command: string, what: string): ArgumentTypeError {
  return new ArgumentTypeError(`cannot use "-z ${command}": ${what}`);
}
