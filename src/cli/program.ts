import { Command } from 'commander';
import { normalizeDevice } from './command-line.js';
import { COMMANDS } from './command-table.js';
import type { Console } from './console.js';
import { EXIT_DONE, EXIT_USAGE } from './exit-code.js';
import { reportError } from './report-error.js';

const EPILOGUE = `
The device is the first word; "dev NAME", "-i NAME" and "--iface NAME" mean it too.
Manual: man rtap, man rtap-create, …; concepts: man 7 rtap.`;

/** Runs the command line `words` (what follows `rtap`); returns the exit code. */
export async function runProgram(words: readonly string[], console: Console): Promise<number> {
  const program = makeProgram(console);
  const normalized = normalizeDevice(words);
  try {
    if (wantsVersion(normalized)) {
      const { describeVersions } = await import('./version.js');
      console.print(describeVersions());
      return EXIT_DONE;
    }
    if (normalized.length === 0) {
      program.outputHelp({ error: true });
      return EXIT_USAGE;
    }
    await declareCommand(program, normalized, console);
    await program.parseAsync(normalized, { from: 'user' });
    return console.exitCode;
  } catch (error) {
    return reportError(error, console);
  }
}

function wantsVersion(words: readonly string[]): boolean {
  return words[0] === '--version' || words[0] === '-V';
}

function makeProgram(console: Console): Command {
  const program = new Command('rtap')
    .description('device manager and packet tool for multi-queue Linux TAP devices, through io_uring')
    .usage('COMMAND [DEVICE] [options]')
    .option('-V, --version', 'rtap, Node, kernel and liburing')
    .helpOption('-h, --help', 'this help')
    .helpCommand('help [COMMAND]', 'help for a command')
    .addHelpText('after', EPILOGUE);
  applyHouseStyle(program, console);
  for (const { name, summary } of COMMANDS) applyHouseStyle(program.command(name).summary(summary), console);
  return program;
}

/** Errors go through one place, in one grammar. */
function applyHouseStyle(command: Command, console: Console): void {
  command
    .exitOverride()
    .helpOption('-h, --help', 'this help')
    .showHelpAfterError(false)
    .configureOutput({
      writeOut: (text) => console.print(text.trimEnd()),
      writeErr: (text) => console.note(text.trimEnd()),
      outputError: (text, write) => write(`rtap: ${text.replace(/^error: /, '').replace(/\.?\n$/, '')}\n`),
    });
}

/** Loads the file of the command that `words` name, and of no other. */
async function declareCommand(program: Command, words: readonly string[], console: Console): Promise<void> {
  const name = words[0] === 'help' ? words[1] : words[0];
  const entry = COMMANDS.find((candidate) => candidate.name === name);
  const command = program.commands.find((candidate) => candidate.name() === name);
  if (entry === undefined || command === undefined) return;
  const { declare } = await entry.load();
  declare(command, console);
}
