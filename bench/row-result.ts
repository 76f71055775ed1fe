import type { Contestant, Row, Sample, Unit } from './contest.js';
import { medianOf, ratiosOf, type Spread, spreadOf } from './medians.js';

/** What somebody did in all rounds. */
export interface Performance extends Spread {
  readonly label: string;
  /** Median; undefined where it was not seen. */
  readonly frameMicroseconds: number | undefined;
}

/** What came of a row. */
export interface RowResult {
  readonly name: string;
  readonly work: string;
  readonly unit: Unit;
  readonly lessIsBetter: boolean;
  readonly rounds: number;
  readonly ours: Performance;
  readonly theirs: Performance | undefined;
  /** Ours beside theirs, round by round; without theirs, ours. */
  readonly ratio: Spread;
  readonly limit: number;
  /** The most or the least that ours may be, for these median figures. */
  readonly limitValue: number;
  readonly reached: boolean;
  /** Under half of what is to be reached. */
  readonly broken: boolean;
}

/** A row that could not be measured. */
export interface MissingRow {
  readonly name: string;
  readonly work: string;
  readonly reason: string;
  /** Whether it is rtap that failed. */
  readonly oursFailed: boolean;
}

/** The samples of everybody, in the order of the rounds. */
export type Samples = ReadonlyMap<Contestant, readonly Sample[]>;

export interface Comparison {
  readonly unit: Unit;
  readonly lessIsBetter: boolean;
}

/** Compares those of `row`, who have as many samples each. */
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
