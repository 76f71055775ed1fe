import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runProgram } from './running-program.js';

/** The C programs of bench/c, and the libraries that they are linked with. */
const LIBRARIES = {
  'ring-writer': ['-luring'],
  'ring-reader': ['-luring'],
  'ring-forwarder': ['-luring'],
  'system-call': [],
  'packet-sender': [],
} as const;

export type CProgram = keyof typeof LIBRARIES;

/** Compiles the program `name` into `directory`. Returns its path. */
export async function compileC(name: CProgram, directory: string): Promise<string> {
  const program = join(directory, name);
  const source = fileURLToPath(new URL(`./c/${name}.c`, import.meta.url));
  await runProgram('gcc', '-O2', '-Wall', '-Wextra', '-Werror', '-o', program, source, ...LIBRARIES[name]);
  return program;
}
