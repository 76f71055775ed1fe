import { parseArgs } from 'node:util';
import { ROW_NAMES } from './contests.js';

/** Default number of rounds. */
const ROUNDS = 5;

export interface BenchOptions {
  /** Rows to measure. */
  readonly rows: readonly string[];
  readonly rounds: number;
  /** Shorter measurements. A row that is broken is measured again before it counts. */
  readonly quick: boolean;
  /** Whether the results are written to files: only those of a whole run are. */
  readonly kept: boolean;
  /** Nothing is measured: the report is written anew from the results that are kept. */
  readonly drawn: boolean;
}

export const USAGE = `usage: npm run bench -- [--quick] [--only ROW]... [--rounds NUMBER] [--draw]

Measures rtap beside others. If all rows were measured in full, it replaces the results of this kind of machine in
bench/results/, and writes bench/RESULTS.md and the chart of the README. Fails if a row is broken: under half of what is to
be reached.

  --quick          once each and shortly; what is broken thrice
  --only ROW       this row; may be repeated. What one belongs to is enough: tx, fwd
  --rounds NUMBER  so many measurements of each, instead of ${ROUNDS}
  --draw           measures nothing, and writes RESULTS.md and the chart from bench/results/

rows: ${ROW_NAMES.join(' ')}`;

/** Parses the options. Throws a TypeError for an unknown one. */
export function readBenchOptions(words: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...words],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true },
      rounds: { type: 'string' },
      draw: { type: 'boolean', default: false },
    },
  });
  const { quick, only, rounds, draw } = values;
  return {
    quick,
    rows: only === undefined ? ROW_NAMES : only.flatMap(rowsCalled),
    rounds: rounds === undefined ? (quick ? 1 : ROUNDS) : readRounds(rounds),
    kept: !quick && only === undefined && rounds === undefined,
    drawn: draw,
  };
}

function rowsCalled(name: string): readonly string[] {
  const found = ROW_NAMES.filter((row) => row === name || row.startsWith(`${name}-`));
  if (found.length === 0) throw new TypeError(`there is no row "${name}"`);
  return found;
}

function readRounds(text: string): number {
  if (!/^[1-9]\d*$/.test(text))
    throw new TypeError(`cannot measure "${text}" times: a number from 1 is wanted`);
  return Number(text);
}
