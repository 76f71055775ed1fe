import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What the kernel refuses: a system call of io_uring, an opcode of io_uring_register(2), flags of openat(2) or of
 * ioctl(TUNSETOFFLOAD), an option of an AF_PACKET socket. */
export type DeniedRule = 'setup' | 'enter' | 'register' | 'opcode' | 'open' | 'offload' | 'packet';

const SOURCE = fileURLToPath(new URL('denied.c', import.meta.url));

/**
 * Compiles denied.c into `directory`, and returns the beginning of a command line: the program behind it runs where the kernel
 * refuses what `rule` and `value` say.
 */
export function compileDenied(directory: string): (rule: DeniedRule, value: number) => string[] {
  const program = join(directory, 'denied');
  execFileSync('gcc', ['-Wall', '-Wextra', '-Werror', '-o', program, SOURCE]);
  return (rule, value) => [program, rule, String(value)];
}
