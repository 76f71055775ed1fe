import { CommanderError } from 'commander';
import {
  ArgumentRangeError,
  ArgumentTypeError,
  MalformedError,
  SystemError,
  UnavailableError,
} from '../../errors.js';
import { describeFileFault } from '../../tap/state/file-fault.js';
import { CommandWriter } from '../errors/command-writer.js';
import {
  EXIT_DONE,
  EXIT_INCOMPLETE,
  EXIT_NOT_EXECUTABLE,
  EXIT_NOT_FOUND,
  EXIT_REFUSED,
  EXIT_UNABLE,
  EXIT_USAGE,
} from '../errors/exit-code.js';
import { hintFor } from '../errors/hint.js';
import { captureHint, watchingHint } from '../errors/holder-hint.js';
import { SeveralErrors } from '../errors/several-errors.js';
import type { Console } from '../process/console.js';
import { ClosedPipe } from '../process/process-console.js';
import { readUsageFault, type UsedCommand } from './usage-message.js';

/**
 * Prints what went wrong in one line, and a hint. Returns the exit code. Throws `error` again if the program is at fault:
 * users get a stack trace for such faults alone.
 *
 * @param command undefined if the words name no command
 */
export function reportError(error: unknown, console: Console, command?: UsedCommand): number {
  // Commander throws an error after --help, too.
  if (error instanceof CommanderError) return reportUsage(error, console, command);
  if (error instanceof ClosedPipe) return EXIT_DONE;
  if (error instanceof SeveralErrors) {
    const codes = error.errors.map((one) => reportError(one, console, command));
    return codes[0]!;
  }
  const code = exitCodeOf(error, command?.name);
  if (code === undefined) throw error;
  const { code: errno, reason } = error as Partial<SystemError>;
  const commands = new CommandWriter(console.namespace);
  const hints = [
    remedyFor(error, command, commands),
    seesFrames(command) ? watchingHint(error, commands) : undefined,
  ];
  const hint = hints.filter((part) => part !== undefined).join('; ') || undefined;
  const place = reason === 'no-such-device' ? describePlace(console.namespace) : '';
  console.fault({ message: `${describe(error)}${place}`, hint, code: errno, reason });
  return code;
}

/** What a user of `command` can do. For others the same error can have another remedy. */
function remedyFor(
  error: unknown,
  command: UsedCommand | undefined,
  commands: CommandWriter,
): string | undefined {
  const { reason, object = 'DEVICE' } = error as Partial<SystemError>;
  if (reason === 'no-such-device' && takesAnyDevice(command)) return listAll(commands);
  // It gives queues away, and has no --share.
  if (reason === 'queue-leased' && command?.name === 'lend')
    return `name free queues with -q; find them: ${commands.rtap('show', object)}`;
  return (command?.name === 'extcap' ? captureHint(error) : undefined) ?? hintFor(error, commands);
}

/** A command can look in several network namespaces: `fwd --peer-netns`, or `--netns` on the lines of a batch. */
function describePlace(namespace: string | undefined): string {
  return namespace === undefined ? '' : ` in network namespace ${namespace}`;
}

function seesFrames(command: UsedCommand | undefined): boolean {
  return command?.name === 'rx-dump';
}

/** Whether the command takes a device of any kind. The others take a TAP. */
function takesAnyDevice(command: UsedCommand | undefined): boolean {
  return command?.name === 'sniff';
}

function listAll(commands: CommandWriter): string {
  return `list the devices of this network namespace: ${commands.other('ip', '-br', 'link')}`;
}

function reportUsage(error: CommanderError, console: Console, command: UsedCommand | undefined): number {
  if (error.exitCode === 0) return EXIT_DONE;
  // Commander has printed the help, since no command was given.
  if (error.code === 'commander.help') return EXIT_USAGE;
  const { message, suggestion } = readUsageFault(error, command);
  const hint = suggestion === undefined ? usageHint(command) : `did you mean ${suggestion}?`;
  console.fault({ message, hint });
  return EXIT_USAGE;
}

function usageHint(command: UsedCommand | undefined): string {
  return command === undefined
    ? 'list the commands: rtap --help'
    : `list its arguments and options: rtap ${command.name} --help`;
}

function exitCodeOf(error: unknown, command: string | undefined): number | undefined {
  if (error instanceof UnavailableError) return EXIT_UNABLE;
  if (error instanceof SystemError) return refusalCode(error, command);
  if (error instanceof MalformedError) return EXIT_INCOMPLETE;
  // The engine's own RangeErrors and TypeErrors are faults of the program, and shown whole.
  if (error instanceof ArgumentRangeError || error instanceof ArgumentTypeError) return EXIT_USAGE;
  return isFileError(error) ? EXIT_REFUSED : undefined;
}

/** `lend` ends as its command does, so it has the codes of env(1) for a command that cannot be run. */
function refusalCode({ reason }: SystemError, command: string | undefined): number {
  if (command !== 'lend') return EXIT_REFUSED;
  if (reason === 'command-not-found') return EXIT_NOT_FOUND;
  return reason === 'command-not-executable' ? EXIT_NOT_EXECUTABLE : EXIT_REFUSED;
}

/** Whether `error` is Node's own for a file that the kernel did not open, read or write. */
function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && 'syscall' in error;
}

/** What a system call does, where its name is no verb. */
const VERBS: Readonly<Record<string, string>> = { mkdtemp: 'create', mkdir: 'create', rmdir: 'remove' };

function describe(error: unknown): string {
  if (error instanceof SystemError || !isFileError(error))
    return error instanceof Error ? error.message : String(error);
  const syscall = error.syscall ?? 'open';
  const verb = VERBS[syscall] ?? syscall;
  return `cannot ${verb} "${error.path ?? 'a file'}": ${describeFileFault(syscall, error.code ?? '')}`;
}
