/**
 * Measures rtap beside other programs: see USAGE in bench-options.ts. Needs root, and the programs of bin/setup
 * --bench.
 */
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { type BenchOptions, readBenchOptions, USAGE } from './bench-options.js';
import { type ContestOutcome, ContestRun } from './contest-run.js';
import { CONTESTS } from './contests.js';
import { describeMachine, kindOf, writeCallCost } from './report/machine.js';
import { keepResults, writeReport } from './report/results.js';
import { writeTable } from './report/results-table.js';
import { Workplace } from './workplace.js';

/** How often a quick run measures a broken row again. */
const QUICK_ROUNDS_MORE = 2;

function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function measureAll(workplace: Workplace, options: BenchOptions): Promise<ContestOutcome> {
  const outcomes: ContestOutcome[] = [];
  for (const [rows, make] of CONTESTS) {
    if (!rows.some((row) => options.rows.includes(row))) continue;
    await using contest = await make(workplace, options);
    const made = contest.rows.map(({ name }) => name);
    if (made.join() !== rows.join()) throw new Error(`${contest.name} has the rows ${made}, not ${rows}`);
    const roundsMore = options.quick ? QUICK_ROUNDS_MORE : 0;
    outcomes.push(await new ContestRun(contest, { ...options, roundsMore, note }).run());
  }
  return {
    measured: outcomes.flatMap(({ measured }) => measured),
    missing: outcomes.flatMap(({ missing }) => missing),
  };
}

/** Returns the average number of processes that wanted a processor, in the last minute. */
function presentLoad(): number {
  return loadavg()[0] ?? Number.NaN;
}

function versionOfRtap(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}

/** Returns 1 if a row is broken or rtap failed, but not if a limit is only missed. */
function exitCodeOf({ measured, missing }: ContestOutcome): number {
  return measured.some(({ broken }) => broken) || missing.some(({ oursFailed }) => oursFailed) ? 1 : 0;
}

async function main(): Promise<void> {
  const options = readBenchOptions(process.argv.slice(2));
  if (options.drawn) return noteFiles(writeReport());
  const loadBefore = presentLoad();
  using workplace = await Workplace.prepare();
  const machine = await describeMachine(versionOfRtap(), await workplace.program('system-call'));
  note(`${kindOf(machine)}: a system call takes ${writeCallCost(machine)}`);
  const outcome = await measureAll(workplace, options);
  console.log(writeTable(outcome.measured, outcome.missing));
  if (options.kept) {
    const { rounds } = options;
    const kept = keepResults({ machine, rounds, loads: [loadBefore, presentLoad()], ...outcome });
    noteFiles([kept, ...writeReport()]);
  }
  process.exitCode = exitCodeOf(outcome);
}

function noteFiles(paths: readonly string[]): void {
  note(`written: ${paths.join(', ')}`);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
try {
  await main();
} catch (error) {
  const isUsage = error instanceof TypeError && process.argv.length > 2;
  note(isUsage ? `${error.message}\n\n${USAGE}` : error instanceof Error ? error.stack! : String(error));
  process.exitCode = 1;
}
