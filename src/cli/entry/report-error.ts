import { CommanderError } from 'commander';
import { MalformedError, SystemError, UnavailableError } from '../../errors.js';
import { describeFileFault } from '../../tap/state/file-errors.js';
import { EXIT_DONE, EXIT_INCOMPLETE, EXIT_REFUSED, EXIT_UNABLE, EXIT_USAGE } from '../errors/exit-code.js';
import { hintFor } from '../errors/hint.js';
import type { Console } from '../process/console.js';
import { ClosedPipe } from '../process/process-console.js';
import { readUsageFault } from './usage-message.js';

const USAGE_HINT = 'rtap --help lists the commands, rtap COMMAND --help their options';

/**
 * Says what went wrong, in one line and a hint; returns the exit code. Never a stack trace for what users can cause.
 *
 * @param options the long options of the command that ran, one of which an unknown one may have meant
 */
export function reportError(error: unknown, console: Console, options: readonly string[] = []): number {
  // --help is no error, though commander ends by one.
  if (error instanceof CommanderError) return reportUsage(error, console, options);
  if (error instanceof ClosedPipe) return EXIT_DONE;
  const code = exitCodeOf(error);
  if (code === undefined) throw error;
  console.note(`rtap: ${describe(error)}`);
  const hint = hintFor(error);
  if (hint !== undefined) console.note(`hint: ${hint}`);
  return code;
}

function reportUsage(error: CommanderError, console: Console, options: readonly string[]): number {
  if (error.exitCode === 0) return EXIT_DONE;
  // The help itself was printed, for want of a command.
  if (error.code === 'commander.help') return EXIT_USAGE;
  const { message, suggestion } = readUsageFault(error, options);
  console.note(`rtap: ${message}`);
  console.note(suggestion === undefined ? `hint: ${USAGE_HINT}` : `hint: did you mean ${suggestion}?`);
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
  const syscall = error.syscall ?? 'open';
  return `cannot ${syscall} "${error.path ?? 'a file'}": ${describeFileFault(syscall, error.code ?? '')}`;
}
