import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ROW_NAMES } from '../contests.js';
import type { MissingRow, RowResult } from '../row-result.js';
import { drawChart } from './chart.js';
import { kindOf, type Machine } from './machine.js';
import { writePage } from './results-page.js';

/** The results of a whole run on one machine. */
export interface Results {
  readonly machine: Machine;
  readonly rounds: number;
  /**
   * Average number of processes that wanted a processor, in the minute before and the minute at the end of the run.
   * The bench itself makes one or two.
   */
  readonly loads: readonly [before: number, after: number];
  readonly measured: readonly RowResult[];
  readonly missing: readonly MissingRow[];
  /** What a reader of these results must know besides. */
  readonly remark?: string;
}

/** A file for each kind of machine. */
const FOLDER = fileURLToPath(new URL('../results/', import.meta.url));
const PAGE = fileURLToPath(new URL('../RESULTS.md', import.meta.url));
const CHART = fileURLToPath(new URL('../../docs/bench.svg', import.meta.url));

/** Returns the last results of each kind of machine, in the order of the names of the kinds, without rows that exist no more. */
export function readResults(): Results[] {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
  return files.sort().map((name) => {
    const results = JSON.parse(readFileSync(`${FOLDER}${name}`, 'utf8')) as Results;
    return { ...results, measured: results.measured.filter((row) => ROW_NAMES.includes(row.name)) };
  });
}

/** Keeps `results` in place of the last ones of this kind of machine. Returns the path of their file. */
export function keepResults(results: Results): string {
  const path = `${FOLDER}${fileNameOf(results.machine)}`;
  writeFileSync(path, `${JSON.stringify(results, undefined, 2)}\n`);
  return path;
}

/** Writes RESULTS.md and the chart of the README from the results that are kept. Returns the paths of both. */
export function writeReport(): string[] {
  const all = readResults();
  writeFileSync(PAGE, writePage(all));
  writeFileSync(CHART, drawChart(all));
  return [PAGE, CHART];
}

/** Returns the name of the file with the results of machines like this one. */
export function fileNameOf(machine: Machine): string {
  return `${kindOf(machine)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')}.json`;
}
