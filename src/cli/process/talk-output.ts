import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import { isTerminal } from '../output/terminal.js';

const STDERR = 2;
/** A new open file of what is already open. The first one is shared with a shell, and has to stay in blocking mode. */
const STDERR_PATH = '/proc/self/fd/2';
const FLAGS = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
/** A write of this size to a pipe is whole or not at all. Source: PIPE_BUF, pipe(7). */
const CHUNK_BYTES = 4096;
/** How long a reader of standard error may make the program wait, once until it reads again. */
const PATIENCE_MS = 250;
const PAUSE_MS = 1;

/** Whether the reader of standard error has made the program wait too long, and has read nothing since. */
let stuck = false;

/**
 * Writes talk to standard error. If its reader does not read, the program waits a quarter of a second and goes on without
 * the rest, and does not wait again until the reader has read: a full pipe or a stopped terminal stops no capture.
 *
 * Throws Node's error if it is closed. A socket has no second open file, so a write to it may wait.
 */
export function writeTalk(text: string): void {
  const bytes = Buffer.from(text);
  const own = openAgain();
  try {
    writePatiently(own ?? STDERR, bytes);
  } finally {
    if (own !== undefined) closeSync(own);
  }
}

/** Undefined for a file, where a second open file would write at another place, and where none can be had. */
function openAgain(): number | undefined {
  if (!fstatSync(STDERR).isFIFO() && !isTerminal(STDERR)) return undefined;
  try {
    return openSync(STDERR_PATH, FLAGS);
  } catch {
    return undefined;
  }
}

function writePatiently(fd: number, bytes: Buffer): void {
  const end = performance.now() + (stuck ? 0 : PATIENCE_MS);
  for (let at = 0; at < bytes.length; ) {
    const written = writeNow(fd, bytes.subarray(at, at + CHUNK_BYTES));
    at += written;
    stuck = written === 0 && performance.now() >= end;
    if (stuck) return;
    if (written === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
  }
}

/** Returns how many bytes were taken: 0 if the reader has to read first. */
function writeNow(fd: number, bytes: Buffer): number {
  try {
    return writeSync(fd, bytes);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return 0;
    throw error;
  }
}
