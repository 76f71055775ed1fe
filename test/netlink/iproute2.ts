import { spawnSync } from 'node:child_process';

/** Runs commands of ip(8) in this process's network namespace. Throws when one fails. */
export function ip(...commands: readonly string[]): void {
  const { status, stderr } = spawnSync('ip', ['-batch', '-'], {
    input: commands.join('\n'),
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`ip: ${stderr}`);
}
