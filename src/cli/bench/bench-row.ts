import { ArgumentRangeError } from '../../errors.js';
import type { Sample, TripSample } from '../../measure/sample.js';
import type { BenchCase } from './bench-plan.js';

/** The median, the least and the most of several measurements of the same thing. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** A row of the report that was measured, or could not be. */
export interface BenchRow {
  readonly bench: Pick<BenchCase, 'mode' | 'engine' | 'frameBytes' | 'pauseMs'>;
  /** One for each round, all of one kind. */
  readonly samples: readonly (Sample | TripSample)[];
  /** Why this machine has no such engine. */
  readonly unsupported?: string;
}

/** Returns the samples of frames; none for round trips. */
export function frameSamples({ samples }: BenchRow): Sample[] {
  return samples.filter((sample): sample is Sample => 'framesPerSecond' in sample);
}

/** Returns the samples of round trips; none for frames. */
export function tripSamples({ samples }: BenchRow): TripSample[] {
  return samples.filter((sample): sample is TripSample => 'tripsMs' in sample);
}

/** Returns the spread of `values`. Throws a RangeError if there are none. */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new ArgumentRangeError('cannot take the median of no values');
  const sorted = values.toSorted((a, b) => a - b);
  return { median: percentile(sorted, 0.5), least: sorted[0]!, most: sorted.at(-1)! };
}

/**
 * Returns the value of `sorted` values that `fraction` of them (0 to 1) do not exceed. The median of an even number
 * of values is half way between two. Returns 0 if there are none.
 */
export function percentile(sorted: readonly number[], fraction: number): number {
  if (sorted.length === 0) return 0;
  if (fraction !== 0.5) return sorted[Math.max(0, Math.ceil(fraction * sorted.length) - 1)]!;
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
}

/** Returns the counts of all rounds together. */
export function countsOf(row: BenchRow) {
  const samples = frameSamples(row);
  const sum = (field: 'offered' | 'arrived' | 'missed' | 'refused' | 'ordered' | 'outOfOrder') =>
    samples.reduce((total, sample) => total + sample[field], 0);
  const offered = sum('offered');
  const arrived = sum('arrived');
  return {
    offered,
    lost: offered - arrived,
    missed: sum('missed'),
    refused: sum('refused'),
    ordered: sum('ordered'),
    outOfOrder: sum('outOfOrder'),
    workers: Math.max(0, ...samples.map(({ workers }) => workers)),
  };
}

/** Returns the spreads of the rates of all rounds. */
export function ratesOf(row: BenchRow) {
  const samples = frameSamples(row);
  const spread = (field: 'framesPerSecond' | 'bitsPerSecond' | 'processorNanoseconds') =>
    spreadOf(samples.map((sample) => sample[field]));
  return {
    framesPerSecond: spread('framesPerSecond'),
    bitsPerSecond: spread('bitsPerSecond'),
    processorNanoseconds: spread('processorNanoseconds'),
  };
}

/** Returns the round trips of all rounds together, in milliseconds. */
export function tripsOf(row: BenchRow) {
  const samples = tripSamples(row);
  const sorted = samples.flatMap(({ tripsMs }) => tripsMs).sort((a, b) => a - b);
  const sum = (field: 'lost' | 'outOfOrder') => samples.reduce((total, sample) => total + sample[field], 0);
  return {
    trips: sorted.length,
    medianMs: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
    mostMs: sorted.at(-1) ?? 0,
    processorShare: spreadOf(samples.map(({ processorShare }) => processorShare)),
    lost: sum('lost'),
    outOfOrder: sum('outOfOrder'),
  };
}
