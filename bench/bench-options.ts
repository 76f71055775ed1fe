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
}

export const USAGE = `usage: npm run bench -- [--quick] [--only ROW]... [--rounds NUMBER]

Measures rtap beside others, and writes bench/RESULTS.md and bench/graphs/ where all rows were measured in full. Fails
where a row is broken: under half of what is to be reached.

  --quick          once each and shortly; what is broken thrice
  --only ROW       this row; may be repeated. What one belongs to is enough: tx, forward
  --rounds NUMBER  so many measurements of each, instead of ${ROUNDS}

rows: ${ROW_NAMES.join(' ')}`;

/** Parses the options. Throws a TypeError for an unknown one. */
export function readBenchOptions(words: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...words],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true },
      rounds: { type: 'string' },
    },
  });
  const { quick, only, rounds } = values;
  return {
    quick,
    rows: only === undefined ? ROW_NAMES : only.flatMap(rowsCalled),
    rounds: rounds === undefined ? (quick ? 1 : ROUNDS) : readRounds(rounds),
    kept: !quick && only === undefined && rounds === undefined,
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
