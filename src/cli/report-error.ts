import { CommanderError } from 'commander';
import { MalformedError, SystemError, UnavailableError } from '../errors.js';
import type { Console } from './console.js';
import { EXIT_DONE, EXIT_INCOMPLETE, EXIT_REFUSED, EXIT_UNABLE, EXIT_USAGE } from './exit-code.js';
import { hintFor } from './hint.js';
import { ClosedPipe } from './process-console.js';

/** Says what went wrong, in one line and a hint; returns the exit code. Never a stack trace for what users can cause. */
export function reportError(error: unknown, console: Console): number {
  // Commander has said it already; --help and --version are no errors.
  if (error instanceof CommanderError) return reportUsage(error, console);
  if (error instanceof ClosedPipe) return EXIT_DONE;
  const code = exitCodeOf(error);
  if (code === undefined) throw error;
  console.note(`rtap: ${describe(error)}`);
  const hint = hintFor(error);
  if (hint !== undefined) console.note(`hint: ${hint}`);
  return code;
}

function reportUsage(error: CommanderError, console: Console): number {
  if (error.exitCode === 0) return EXIT_DONE;
  if (error.code !== 'commander.help')
    console.note('hint: rtap --help lists the commands, rtap COMMAND --help their options');
  return EXIT_USAGE;
}

function exitCodeOf(error: unknown): number | undefined {
  if (error instanceof UnavailableError) return EXIT_UNABLE;
  if (error instanceof SystemError) return EXIT_REFUSED;
  if (error instanceof MalformedError) return EXIT_INCOMPLETE;
  if (error instanceof RangeError || error instanceof TypeError) {
    // Ours begin so; the engine's own ('Cannot read properties …') are faults of the program, and shown whole.
    return error.message.startsWith('cannot ') ? EXIT_USAGE : undefined;
  }
  return isFileError(error) ? EXIT_REFUSED : undefined;
}

/** Node's own error for a file that the kernel does not give. */
function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && 'syscall' in error;
}

function describe(error: unknown): string {
  if (error instanceof SystemError || !isFileError(error))
    return error instanceof Error ? error.message : String(error);
  return `cannot ${error.syscall} "${error.path ?? 'a file'}": ${error.syscall} failed with ${error.code}`;
}
