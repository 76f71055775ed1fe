import { isRefusedInside, runInside, runsInside } from './command-inside.js';
import { type Outcome, type ProcessOptions, RunningProcess } from './running-process.js';
import { testedRtap } from './tested-rtap.js';

/** The launcher of the rtap that the tests run: built from the sources, as an installed one is. */
export const RTAP = testedRtap();

/** Starts `rtap` with `words` and returns at once. */
export function start(words: readonly string[], options: ProcessOptions = {}): RunningProcess {
  return new RunningProcess(RTAP, words, options);
}

/** Commands that run at the same time: more of them only delay each other. */
const COMMANDS_MAX = 2;
const waiting: (() => void)[] = [];
let commands = 0;

/**
 * Runs `rtap` with `words` to its end: in this process where that makes no difference, since the start of one takes ten times as
 * long as a command. `inside.test.ts` compares the two.
 */
export function run(...words: readonly string[]): Promise<Outcome> {
  return runsInside(words) ? runInside(words) : runProcess(...words);
}

/** As `run`, always in a process. It waits until fewer than COMMANDS_MAX run. */
export function runProcess(...words: readonly string[]): Promise<Outcome> {
  return runWith({}, ...words);
}

/** As `runProcess`, with another environment, input or output. */
export async function runWith(options: ProcessOptions, ...words: readonly string[]): Promise<Outcome> {
  if (commands >= COMMANDS_MAX) await new Promise<void>((resolve) => waiting.push(resolve));
  commands += 1;
  try {
    return await start(words, options).ended();
  } finally {
    commands -= 1;
    waiting.shift()?.();
  }
}

/** Runs `rtap` and returns its standard output. Throws if it fails. */
export async function done(...words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(...words);
  if (code !== 0) throw new Error(`rtap ${words.join(' ')}: exit ${code}\n${stderr}`);
  return stdout;
}

/** Runs `rtap … --json` and returns what it printed. */
export async function json<T = Readonly<Record<string, unknown>>>(...words: readonly string[]): Promise<T> {
  return JSON.parse(await done(...words, '--json')) as T;
}

/** An error as a user sees it: exit code and two lines. */
export async function refusal(
  ...words: readonly string[]
): Promise<readonly [code: number | null, ...lines: string[]]> {
  const { code, stdout, stderr } = await (isRefusedInside(words) ? runInside(words) : run(...words));
  if (stdout !== '') throw new Error(`rtap ${words.join(' ')}: refused, and printed "${stdout}"`);
  return [code, ...stderr.trimEnd().split('\n')];
}
