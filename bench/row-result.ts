import type { Contestant, Row, Sample, Unit } from './contest.js';
import { medianOf, ratiosOf, type Spread, spreadOf } from './medians.js';

/** What a contestant reached in all rounds. */
export interface Performance extends Spread {
  readonly label: string;
  /** Median; undefined if it was not measured. */
  readonly frameMicroseconds: number | undefined;
  /** Median of the 90th percentiles of the rounds; undefined if they were not measured. */
  readonly ninetieth: number | undefined;
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
  /** Undefined if the row is only shown. */
  readonly limit: number | undefined;
  /** Whether it is within the limit, or has none. */
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
  const ratio = row.theirs === undefined ? spreadOf(ours) : ratiosOf(ours, valuesOf(row.theirs, samples));
  const { limit } = row;
  const broken = row.broken ?? (limit === undefined ? undefined : lessIsBetter ? limit * 2 : limit / 2);
  const isWithin = (most: number | undefined) =>
    most === undefined || (lessIsBetter ? ratio.median <= most : ratio.median >= most);
  return {
    name: row.name,
    work: row.work,
    unit,
    lessIsBetter,
    rounds: ours.length,
    ours: performanceOf(row.ours, samples),
    theirs: row.theirs && performanceOf(row.theirs, samples),
    ratio,
    limit,
    reached: isWithin(limit),
    broken: !isWithin(broken),
  };
}

function valuesOf(contestant: Contestant, samples: Samples): number[] {
  return (samples.get(contestant) ?? []).map(({ value }) => value);
}

function performanceOf(contestant: Contestant, samples: Samples): Performance {
  const own = samples.get(contestant) ?? [];
  return {
    label: contestant.label,
    ...spreadOf(own.map(({ value }) => value)),
    frameMicroseconds: medianIfAny(own.flatMap(({ frameMicroseconds }) => frameMicroseconds ?? [])),
    ninetieth: medianIfAny(own.flatMap(({ ninetieth }) => ninetieth ?? [])),
  };
}

function medianIfAny(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : medianOf(values);
}
