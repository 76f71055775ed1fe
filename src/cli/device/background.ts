import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { closeStandardStreams } from '../../sys/descriptor.js';
import { EXIT_DONE, EXIT_REFUSED } from '../errors/exit-code.js';
import type { Console } from '../process/console.js';

/** Set for the process that goes on in the background. */
const IN_BACKGROUND = 'RTAP_IN_BACKGROUND';

/**
 * Runs this command line again, without `--detach`, in a session of its own; returns when it is ready, which it says by a line
 * on standard output, or has ended.
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
  const code = await Promise.race([readyLine(child.stdout, console), codeOf(child)]);
  forget();
  if (code !== EXIT_DONE) console.exitCode = code;
  child.unref();
  child.stdout.destroy();
  child.stderr.destroy();
}

/** Closes the standard streams where this process is the one in the background. */
export function becomeBackground(): void {
  if (process.env[IN_BACKGROUND] !== '1') return;
  delete process.env[IN_BACKGROUND];
  // Not before: what the command line names may be named from where we are. It keeps no file system busy.
  process.chdir('/');
  closeStandardStreams();
}

/** A runtime directory may be named from where we are. */
function absoluteRuntime(): NodeJS.ProcessEnv {
  const chosen = process.env.RTAP_RUNTIME_DIR;
  return chosen === undefined || chosen === '' ? {} : { RTAP_RUNTIME_DIR: resolve(chosen) };
}

/** Prints the first line of `stream`, when it comes. */
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

/** What it ends with, after its last words. */
function codeOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    // Its own child, if it has one, may keep the streams open.
    child.on('exit', (code) => setImmediate(() => resolve(code ?? EXIT_REFUSED)));
  });
}
