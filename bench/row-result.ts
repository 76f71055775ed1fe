import type { Contestant, Row, Sample, Unit } from './contest.js';
import { medianOf, ratiosOf, type Spread, spreadOf } from './medians.js';

/** What a contestant reached in all rounds. */
export interface Performance extends Spread {
  readonly label: string;
  /** Median; undefined if it was not measured. */
  readonly frameMicroseconds: number | undefined;
}

/** The result of a row. */
export interface RowResult {
  readonly name: string;
  readonly work: string;
  readonly unit: Unit;
  readonly lessIsBetter: boolean;
  readonly rounds: number;
  readonly ours: Performance;
  readonly theirs: Performance | undefined;
  /** Ours divided by theirs, round by round. Without theirs, ours. */
  readonly ratio: Spread;
  readonly limit: number;
  /** The limit for ours in the unit of the contest, at the median of theirs. */
  readonly limitValue: number;
  readonly reached: boolean;
  /** Whether it misses the limit by a factor of two or more, or as the row defines it. */
  readonly broken: boolean;
}

/** A row that could not be measured. */
export interface MissingRow {
  readonly name: string;
  readonly work: string;
  readonly reason: string;
  /** Whether rtap failed, and not a peer. */
  readonly oursFailed: boolean;
}

/** The samples of all contestants, in the order of the rounds. */
export type Samples = ReadonlyMap<Contestant, readonly Sample[]>;

export interface Comparison {
  readonly unit: Unit;
  readonly lessIsBetter: boolean;
}

/** Compares the contestants of `row`, which have equally many samples. */
export function judgeRow(row: Row, samples: Samples, { unit, lessIsBetter }: Comparison): RowResult {
  const ours = valuesOf(row.ours, samples);
  const theirs = row.theirs && valuesOf(row.theirs, samples).map((value) => value + (row.allowance ?? 0));
  const ratio = theirs === undefined ? spreadOf(ours) : ratiosOf(ours, theirs);
  const broken = row.broken ?? (lessIsBetter ? row.limit * 2 : row.limit / 2);
  const isWithin = (limit: number) => (lessIsBetter ? ratio.median <= limit : ratio.median >= limit);
  return {
    name: row.name,
    work: row.work,
    unit,
    lessIsBetter,
    rounds: ours.length,
    ours: performanceOf(row.ours, samples),
    theirs: row.theirs && performanceOf(row.theirs, samples),
    ratio,
    limit: row.limit,
    limitValue: theirs === undefined ? row.limit : row.limit * medianOf(theirs),
    reached: isWithin(row.limit),
    broken: !isWithin(broken),
  };
}

function valuesOf(contestant: Contestant, samples: Samples): number[] {
  return (samples.get(contestant) ?? []).map(({ value }) => value);
}

function performanceOf(contestant: Contestant, samples: Samples): Performance {
  const costs = (samples.get(contestant) ?? []).flatMap(({ frameMicroseconds }) => frameMicroseconds ?? []);
  return {
    label: contestant.label,
    ...spreadOf(valuesOf(contestant, samples)),
    frameMicroseconds: costs.length === 0 ? undefined : medianOf(costs),
  };
}
