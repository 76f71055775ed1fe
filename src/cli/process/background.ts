import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import type { Command } from 'commander';
import { closeStandardStreams, Descriptor } from '../../sys/descriptor.js';
import { EXIT_DONE, EXIT_REFUSED } from '../errors/exit-code.js';
import { exitCodeOf, withinDeadline } from './child-process.js';
import { wordsOf } from './command-words.js';
import type { Console } from './console.js';
import { leadsToJournal } from './journal.js';

/** Environment variable that is set for the process in the background, to one of the values below. */
const IN_BACKGROUND = 'RTAP_IN_BACKGROUND';
const SILENT = '1';
/** Its talk goes to the journal of systemd, which is descriptor JOURNAL_FD. */
const IN_JOURNAL = 'journal';
const JOURNAL_FD = 3;
const STDERR = 2;
/** How long the new process may take until it is ready: on a busy machine it takes some seconds. */
const READY_MS = 30_000;

/** The option that asks for the background. */
const DETACH = 'detach';

/**
 * Runs `command` again for the device `name`, without `--detach`, in a session of its own. Returns when the new process prints its
 * first line on standard output, or has ended. `print` gets this line; by default it is printed as `command` itself would.
 */
export async function runInBackground(
  command: Command,
  name: string,
  console: Console,
  print: (line: string) => void = printerFor(command, console),
): Promise<void> {
  command.setOptionValue(DETACH, undefined);
  const words = wordsOf(command, [name]);
  const journal = leadsToJournal(STDERR);
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1] ?? '', ...words], {
    detached: true,
    env: { ...process.env, ...absoluteRuntime(), [IN_BACKGROUND]: journal ? IN_JOURNAL : SILENT },
    stdio: ['ignore', 'pipe', 'pipe', ...(journal ? [STDERR] : [])],
  });
  const forget = console.onStop((signal) => child.kill(signal));
  const { stdout, stderr } = child as ChildProcessByStdio<null, Readable, Readable>;
  stderr.setEncoding('utf8').on('data', (talk: string) => relay(talk, console));
  const line = ['rtap', ...words].join(' ');
  try {
    const begun = Promise.race([readyLine(stdout, print), codeOf(child, line)]);
    const code = await withinDeadline(child, begun, { command: line, deadlineMs: READY_MS });
    if (console.exitCode === EXIT_DONE) console.exitCode = code;
  } finally {
    forget();
    child.unref();
    stdout.destroy();
    stderr.destroy();
  }
}

/** Whether this process is the one in the background. */
export function isInBackground(): boolean {
  return process.env[IN_BACKGROUND] !== undefined;
}

/**
 * Closes the standard streams if this process is the one in the background. If its parent wrote to the journal of systemd, this
 * process goes on to write there: its warnings would be lost otherwise.
 */
export function becomeBackground(): void {
  const kind = process.env[IN_BACKGROUND];
  if (kind === undefined) return;
  delete process.env[IN_BACKGROUND];
  // Not before: paths on the command line may be relative. In "/" this process keeps no file system busy.
  process.chdir('/');
  using journal = kind === IN_JOURNAL ? new Descriptor(JOURNAL_FD) : undefined;
  closeStandardStreams(journal);
}

/** Makes a relative runtime directory absolute, since the process in the background changes its working directory. */
function absoluteRuntime(): NodeJS.ProcessEnv {
  const chosen = process.env.RTAP_RUNTIME_DIR;
  return chosen === undefined || chosen === '' ? {} : { RTAP_RUNTIME_DIR: resolve(chosen) };
}

/** An error as this program prints it, or another line. */
const TALK =
  /^rtap: (?!warning: )(?<message>.*)(?:\nhint: (?<hint>.*))?$|^(?:rtap: warning: (?<warning>.*)|(?<note>.+))$/gm;

/** Prints the talk of the process in the background as that of `console`. */
function relay(talk: string, console: Console): void {
  for (const { groups = {} } of talk.matchAll(TALK)) {
    const { message, hint, warning, note } = groups;
    if (message !== undefined) console.fault({ message, hint });
    else if (warning !== undefined) console.warn(warning);
    else console.note(note!);
  }
}

/** Prints the first line of the process in the background as `command` itself would. */
function printerFor(command: Command, console: Console): (line: string) => void {
  return command.getOptionValue('json') === true
    ? (line) => console.printJson(JSON.parse(line))
    : (line) => console.print(line);
}

/** Waits for the first line of `stream`, and prints it. */
function readyLine(stream: Readable, print: (line: string) => void): Promise<number> {
  let text = '';
  return new Promise((resolve) => {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (!text.includes('\n')) return;
      print(text.trimEnd());
      resolve(EXIT_DONE);
    });
  });
}

/** Waits for the end of `child`, and returns its exit code. Its last output comes before. */
async function codeOf(child: ChildProcess, command: string): Promise<number> {
  // Not "close": a child of the child may keep the streams open.
  const code = await exitCodeOf(child, 'exit', command);
  await new Promise((resolve) => setImmediate(resolve));
  return code ?? EXIT_REFUSED;
}
