import { runProgram } from '../../src/cli/entry/program.js';
import { makeConsole } from '../cli/scripted-console.js';
import type { Outcome } from './running-process.js';

/** Commands that write through their console alone and end by themselves. */
const SNAPSHOTS: ReadonlySet<string> = new Set([
  ...['create', 'delete', 'list', 'show', 'stats', 'persist', 'release', 'gc', 'tx-inject'],
  ...['up', 'down', 'mtu', 'txqueuelen', 'mac', 'offload', 'promisc', 'allmulti'],
]);

/** Commands that print through their console alone where they are refused: what they do otherwise needs a process. */
const STREAMS: ReadonlySet<string> = new Set(['rx-dump', 'sniff', 'hold', 'fwd', 'monitor', 'metrics']);

/** Options that need a process: its network namespace, its own copy in the background, its standard output for minutes. */
const PROCESS_OPTIONS: readonly RegExp[] = [/^--netns(=|$)/, /^--detach$/, /^--watch(=|$)/, /^-$/];

/** Whether the command line can run in the process of the test, and prints the same there. */
export function runsInside(words: readonly string[]): boolean {
  return SNAPSHOTS.has(words[0] ?? '') && !needsProcess(words);
}

/** Whether it can where it is refused. */
export function isRefusedInside(words: readonly string[]): boolean {
  return runsInside(words) || (STREAMS.has(words[0] ?? '') && !needsProcess(words));
}

function needsProcess(words: readonly string[]): boolean {
  return words.some((word) => PROCESS_OPTIONS.some((option) => option.test(word)));
}

/** Runs `rtap` with `words` in this process: in its network namespace, with its environment. */
export async function runInside(words: readonly string[]): Promise<Outcome> {
  const console = makeConsole();
  const code = await runProgram(words, console);
  const stdout = textOf(console.printed);
  return { code, signal: null, stdout, stderr: textOf(console.noted), bytes: Buffer.from(stdout) };
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
