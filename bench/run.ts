/**
 * Measures rtap beside other programs: see USAGE in bench-options.ts. Needs root, and the programs of bin/setup
 * --bench.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type BenchOptions, readBenchOptions, USAGE } from './bench-options.js';
import { drawChart } from './chart.js';
import { type ContestOutcome, ContestRun } from './contest-run.js';
import { CONTESTS } from './contests.js';
import { drawRow } from './graph.js';
import { describeMachine } from './machine.js';
import { type Results, writeResults } from './results-file.js';
import { writeTable } from './results-table.js';
import { Workplace } from './workplace.js';

const RESULTS = fileURLToPath(new URL('RESULTS.md', import.meta.url));
const GRAPHS = fileURLToPath(new URL('graphs/', import.meta.url));

/** How often a quick run measures a broken row again. */
const QUICK_ROUNDS_MORE = 2;

function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function measureAll(options: BenchOptions): Promise<ContestOutcome> {
  using workplace = await Workplace.prepare();
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

function keep(results: Results): void {
  writeFileSync(RESULTS, writeResults(results));
  rmSync(GRAPHS, { recursive: true, force: true });
  mkdirSync(GRAPHS);
  for (const row of results.measured) writeFileSync(`${GRAPHS}${row.name}.svg`, drawRow(row));
  writeFileSync(`${GRAPHS}all.svg`, drawChart(results.measured));
  note(`written: ${RESULTS}, ${results.measured.length + 1} graphs`);
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
  const loadBefore = presentLoad();
  const outcome = await measureAll(options);
  console.log(writeTable(outcome.measured, outcome.missing));
  if (options.kept) {
    const machine = await describeMachine(versionOfRtap());
    keep({ machine, rounds: options.rounds, loads: [loadBefore, presentLoad()], ...outcome });
  }
  process.exitCode = exitCodeOf(outcome);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
try {
  await main();
} catch (error) {
  const isUsage = error instanceof TypeError && process.argv.length > 2;
  note(isUsage ? `${error.message}\n\n${USAGE}` : error instanceof Error ? error.stack! : String(error));
  process.exitCode = 1;
}
