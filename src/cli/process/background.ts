import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { closeStandardStreams } from '../../sys/descriptor.js';
import { EXIT_DONE, EXIT_REFUSED } from '../errors/exit-code.js';
import { exitCodeOf, withinDeadline } from './child-process.js';
import type { Console } from './console.js';

/** Environment variable that is set for the process in the background. */
const IN_BACKGROUND = 'RTAP_IN_BACKGROUND';
/** How long the new process may take until it is ready: on a busy machine it takes some seconds. */
const READY_MS = 30_000;

/**
 * Runs this command line again, without `--detach`, in a session of its own. Returns when the new process prints its first line on
 * standard output, or has ended.
 */
export async function runInBackground(console: Console): Promise<void> {
  const [program = '', ...words] = process.argv.slice(1);
  const others = words.filter((word) => word !== '--detach');
  const child = spawn(process.execPath, [...process.execArgv, program, ...others], {
    detached: true,
    env: { ...process.env, ...absoluteRuntime(), [IN_BACKGROUND]: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const forget = console.onStop((signal) => child.kill(signal));
  child.stderr.setEncoding('utf8').on('data', (talk: string) => console.note(talk.trimEnd()));
  const command = ['rtap', ...others].join(' ');
  try {
    const begun = Promise.race([readyLine(child.stdout, console), codeOf(child, command)]);
    const code = await withinDeadline(child, begun, { command, deadlineMs: READY_MS });
    if (code !== EXIT_DONE) console.exitCode = code;
  } finally {
    forget();
    child.unref();
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

/** Whether this process is the one in the background. */
export function isInBackground(): boolean {
  return process.env[IN_BACKGROUND] === '1';
}

/** Closes the standard streams if this process is the one in the background. */
export function becomeBackground(): void {
  if (!isInBackground()) return;
  delete process.env[IN_BACKGROUND];
  // Not before: paths on the command line may be relative. In "/" this process keeps no file system busy.
  process.chdir('/');
  closeStandardStreams();
}

/** Makes a relative runtime directory absolute, since the process in the background changes its working directory. */
function absoluteRuntime(): NodeJS.ProcessEnv {
  const chosen = process.env.RTAP_RUNTIME_DIR;
  return chosen === undefined || chosen === '' ? {} : { RTAP_RUNTIME_DIR: resolve(chosen) };
}

/** Waits for the first line of `stream`, and prints it. */
function readyLine(stream: Readable, console: Console): Promise<number> {
  let text = '';
  return new Promise((resolve) => {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (!text.includes('\n')) return;
      console.print(text.trimEnd());
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
