import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import type { SystemError } from '../../errors.js';
import { systemError } from '../../sys/errno.js';
import { describeFileFault } from '../../tap/state/file-fault.js';

/** As in execvp(3), for an environment without PATH. */
const DEFAULT_PATH = '/bin:/usr/bin';

/** Throws a SystemError if the kernel would not run `program`, which is looked for as execvp(3) does. */
export function assertRunnable(program: string, path: string = process.env.PATH ?? DEFAULT_PATH): void {
  const places = program.includes('/') ? [program] : path.split(':').map((folder) => join(folder, program));
  const faults = places.map(faultOf);
  if (faults.includes(undefined)) return;
  throw notRunnable(program, faults.find((fault) => fault !== 'ENOENT') ?? 'ENOENT');
}

/** The error for a program that execve(2) refuses with the errno of this name. */
export function notRunnable(program: string, code: string): SystemError {
  const detail = code === 'ENOENT' ? missingDetail(program) : describeFileFault('execve', code);
  const reason = code === 'ENOENT' ? 'command-not-found' : 'command-not-executable';
  return systemError({ action: 'run', object: program, code, syscall: 'execve', detail, reason });
}

/** A script whose interpreter is missing is there itself. */
function missingDetail(program: string): string {
  return program.includes('/') && faultOf(program) === undefined
    ? 'its interpreter does not exist'
    : 'there is no such command';
}

/** The name of the errno with which execve(2) would refuse the file; undefined if it would not. */
function faultOf(path: string): string | undefined {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile() ? undefined : 'EACCES';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'ENOENT';
    return code === 'ENOTDIR' ? 'ENOENT' : code;
  }
}
