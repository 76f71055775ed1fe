import { ArgumentTypeError } from '../../errors.js';
import { commandName, type Program } from '../arguments/command-line.js';
import { splitWords } from '../arguments/shell-words.js';
import { EXIT_USAGE } from '../errors/exit-code.js';
import type { Console } from '../process/console.js';
import type { CommandLine } from './command-lines.js';
import { LineConsole } from './line-console.js';
import { printAsJson, refuseStaying, stayingCommand } from './staying-commands.js';

/** What the lines of a batch share. */
export interface LineSettings {
  readonly program: Program;
  readonly console: Console;
  /** Print one object for each line. */
  readonly json: boolean;
  /** Whether the batch reads its commands from standard input. */
  readonly inputTaken: boolean;
}

/** How a line ended. */
export interface LineOutcome {
  /** The exit code of its command. */
  readonly code: number;
  /** Whether the command does not end by itself, so that no batch runs it. */
  readonly stays: boolean;
  readonly console: LineConsole;
}

/** A line is what follows this word on a command line, so the word itself is a mistake. */
const OWN_NAME = 'rtap';
const HELP_OPTIONS: readonly string[] = ['-h', '--help'];

/** Runs the command of `line`, or reads it and does nothing. Returns undefined for a line without a command. */
export async function runLine(
  line: CommandLine,
  settings: LineSettings,
  { readOnly = false } = {},
): Promise<LineOutcome | undefined> {
  const { program, json, inputTaken } = settings;
  const console = new LineConsole(settings.console, line.number, { json, inputTaken, silent: readOnly });
  const words = readWords(line.text, console);
  if (words === undefined) return { code: EXIT_USAGE, stays: false, console };
  if (words.length === 0) return undefined;
  if (refuseStayingName(words, console)) return { code: EXIT_USAGE, stays: true, console };
  let stays = false;
  const code = await program.run(words, console, {
    readOnly,
    examine: (command) => {
      stays = true;
      refuseStaying(command);
      if (json) printAsJson(command);
      stays = false;
    },
  });
  return { code, stays, console };
}

/** By its name alone: with a mistake on its line, a command that never ends is refused as well. */
function refuseStayingName(words: readonly string[], console: LineConsole): boolean {
  const refusal = stayingCommand(commandName(words));
  if (refusal === undefined || words.some((word) => HELP_OPTIONS.includes(word))) return false;
  console.fault({ message: refusal.message, hint: String(refusal.hint) });
  return true;
}

/** Returns undefined for a line that cannot be read. */
function readWords(text: string, console: LineConsole): string[] | undefined {
  try {
    const words = splitWords(text, `read "${text}"`);
    if (words[0] !== OWN_NAME) return words;
    console.fault({ message: `cannot run "${text}": a line begins with the command, without "${OWN_NAME}"` });
  } catch (error) {
    if (!(error instanceof ArgumentTypeError)) throw error;
    console.fault({ message: error.message });
  }
  return undefined;
}
