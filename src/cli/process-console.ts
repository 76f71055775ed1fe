import { writeSync } from 'node:fs';
import { Chalk, supportsColor } from 'chalk';
import type { Console } from './console.js';
import { EXIT_DONE } from './exit-code.js';

const STDOUT = 1;
const STDERR = 2;
const STOP_SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** The reader of standard output has left: there is nobody to tell anything. */
export class ClosedPipe extends Error {
  override readonly name = 'ClosedPipe';
}

/** The console of this process. Snapshots are small: they are written at once. */
export const processConsole: Console = {
  print(text) {
    writeAll(STDOUT, `${text}\n`);
  },
  printJson(value) {
    writeAll(STDOUT, `${JSON.stringify(value)}\n`);
  },
  note(text) {
    writeQuietly(`${text}\n`);
  },
  warn(text) {
    writeQuietly(`rtap: warning: ${text}\n`);
  },
  style: new Chalk({ level: noColour() ? 0 : supportsColor ? supportsColor.level : 0 }),
  terminal: process.stdout.isTTY === true,
  exitCode: EXIT_DONE,
  get input() {
    return process.stdin;
  },
  onStop(stop) {
    return onSignals(STOP_SIGNALS, stop);
  },
  onReport(report) {
    return onSignals(['SIGUSR1'], report);
  },
};

function noColour(): boolean {
  return process.stdout.isTTY !== true || (process.env.NO_COLOR ?? '') !== '';
}

function onSignals(
  signals: readonly NodeJS.Signals[],
  listener: (signal: NodeJS.Signals) => void,
): () => void {
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}

/** Writes everything, also where the descriptor is in non-blocking mode. */
function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error)) throw error;
      if (error.code === 'EPIPE') throw new ClosedPipe('the reader of the output has left', { cause: error });
      if (error.code !== 'EAGAIN') throw Object.assign(error, { path: 'standard output' });
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

/** Standard error may be closed; that is no reason to fail. */
function writeQuietly(text: string): void {
  try {
    writeAll(STDERR, text);
  } catch {
    // Nobody listens.
  }
}
