import { Command } from 'commander';
import {
  assertSeparated,
  type CommandEntry,
  NETNS_OPTION,
  normalizeDevice,
  type Program,
  type RunOptions,
  refuseRepetition,
  splitNamespace,
  takesDevice,
  wantsVersion,
} from '../arguments/command-line.js';
import { EXIT_DONE, EXIT_USAGE } from '../errors/exit-code.js';
import type { Console } from '../process/console.js';
import { COMMANDS } from './command-table.js';
import { exampleText } from './examples.js';
import { reportError } from './report-error.js';
import type { UsedCommand } from './usage-message.js';

const EPILOGUE = `
DEVICE is the first word after the command. You can also write "dev NAME", "-i NAME" or "--iface NAME".
With --netns NAMESPACE, before or after the command, rtap works in another network namespace. NAMESPACE is a name of
ip-netns(8), a process id, or a path.
Manual pages: man rtap, man rtap-create and so on; concepts: man 7 rtap.
If npm linked no pages: man -l "$(npm root -g)/rtap/man/rtap.8".`;

const DEVICE_NOTE = `
You can also write the device as "dev NAME", "-i NAME" or "--iface NAME".`;

/** Thrown in place of the action of a command line that is only read. */
class NotRun extends Error {}

/** Runs the command line `words` (what follows `rtap`); returns the exit code. */
export async function runProgram(
  words: readonly string[],
  console: Console,
  options: RunOptions = {},
): Promise<number> {
  let command: Command | undefined;
  try {
    const { before, rest } = splitNamespace(words);
    const program = makeProgram(rest, console, options);
    command = await declareCommand(program, rest, console);
    if (wantsVersion(rest, command)) return await printVersions(console, rest.includes('--json'));
    if (rest.length === 0) {
      program.outputHelp({ error: true });
      return EXIT_USAGE;
    }
    await program.parseAsync(resolveWords(withNamespace(rest, before, command), command), { from: 'user' });
    return console.exitCode;
  } catch (error) {
    return error instanceof NotRun ? EXIT_DONE : reportError(error, console, usedCommand(command));
  }
}

/** This program. */
export const PROGRAM: Program = { commands: COMMANDS, run: runProgram };

function usedCommand(command: Command | undefined): UsedCommand | undefined {
  return command === undefined
    ? undefined
    : { name: command.name(), options: command.options.flatMap(({ long }) => long ?? []) };
}

async function printVersions(console: Console, json: boolean): Promise<number> {
  const { describeVersions, readVersions } = await import('../process/version.js');
  if (json) console.printJson(readVersions());
  else console.print(describeVersions());
  return EXIT_DONE;
}

function makeProgram(words: readonly string[], console: Console, options: RunOptions): Command {
  const program = new Command('rtap')
    .description('Manages multi-queue Linux TAP devices, and reads and writes their frames through io_uring.')
    .usage('COMMAND [DEVICE] [options]')
    .option('-V, --version', 'print the versions of rtap, Node, Linux and liburing')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [COMMAND]', 'print the help of a command')
    .addHelpText('after', EPILOGUE)
    .hook('preAction', async (_, command) => {
      options.examine?.(command);
      if (options.readOnly === true) throw new NotRun();
      await enterNamespace(command.opts<NamespaceOptions>(), console);
    });
  applyHouseStyle(program, console);
  // The list of commands, and a hint for an unknown one, need all of them.
  const entry = findEntry(words);
  const entries = entry === undefined ? COMMANDS : [entry];
  for (const { name, summary } of entries) applyHouseStyle(program.command(name).summary(summary), console);
  return program;
}

/** The command that `words` name, also behind `help`. */
function findEntry(words: readonly string[]): CommandEntry | undefined {
  const name = words[0] === 'help' ? words[1] : words[0];
  return COMMANDS.find((candidate) => candidate.name === name);
}

interface NamespaceOptions {
  readonly netns?: string;
}

/** Must run before the action: what it loads and opens belongs to the network namespace of that moment. */
async function enterNamespace({ netns }: NamespaceOptions, console: Console): Promise<void> {
  if (netns === undefined) return;
  console.namespace = netns;
  const { enterNamedNamespace } = await import('../../tap/link/network-namespace.js');
  enterNamedNamespace(netns);
}

/** Commander prints no error itself: `reportError` prints what it throws, in the grammar of all messages. */
function applyHouseStyle(command: Command, console: Console): void {
  command
    .exitOverride()
    .helpOption('-h, --help', 'print this help')
    .showHelpAfterError(false)
    .configureOutput({
      writeOut: (text) => console.print(text.trimEnd()),
      writeErr: (text) => console.note(text.trimEnd()),
      outputError: () => {},
    });
}

/** Loads the file of the command that `words` name, and no other file; undefined if they name none. */
async function declareCommand(
  program: Command,
  words: readonly string[],
  console: Console,
): Promise<Command | undefined> {
  const entry = findEntry(words);
  const command = program.commands.find((candidate) => candidate.name() === entry?.name);
  if (entry === undefined || command === undefined) return undefined;
  const { declare } = await entry.load();
  declare(command, console, PROGRAM);
  command.option(...NETNS_OPTION);
  refuseRepetition(command);
  if (takesDevice(command)) command.addHelpText('after', DEVICE_NOTE);
  return command.addHelpText('after', `${exampleText(entry.name)}\nManual page: man rtap-${entry.name}.`);
}

/** Moves `--netns` and its value, `before`, behind the name of the command: commander knows it there. */
function withNamespace(
  words: readonly string[],
  before: readonly string[],
  command: Command | undefined,
): readonly string[] {
  if (command === undefined || words[0] === 'help') return words;
  return [command.name(), ...before, ...words.slice(1)];
}

/** The words in the order that commander expects. */
function resolveWords(words: readonly string[], command: Command | undefined): string[] {
  const [first, asked] = words;
  if (first === 'help') {
    // For an unknown command commander shows the general help. Without "help" it refuses the command, as it should.
    const known = command !== undefined || asked === undefined || asked === first || asked.startsWith('-');
    return known ? [...words] : [asked];
  }
  if (command === undefined) return [...words];
  const normalized = normalizeDevice(words, command);
  assertSeparated(normalized, command);
  return normalized;
}
