import { ArgumentRangeError } from '../../errors.js';
import type { Sample, TripSample } from '../../measure/sample.js';
import type { BenchCase } from './bench-plan.js';

/** What several measurements of the same thing say together. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** A row of the report that was measured, or could not be. */
export interface BenchRow {
  readonly bench: Pick<BenchCase, 'mode' | 'engine' | 'frameBytes' | 'pauseMs'>;
  /** One for each round; all of one kind. */
  readonly samples: readonly (Sample | TripSample)[];
  /** Why this machine has no such engine. */
  readonly unsupported?: string;
}

/** The samples of frames; empty for round trips. */
export function frameSamples({ samples }: BenchRow): Sample[] {
  return samples.filter((sample): sample is Sample => 'framesPerSecond' in sample);
}

/** The samples of round trips; empty for frames. */
export function tripSamples({ samples }: BenchRow): TripSample[] {
  return samples.filter((sample): sample is TripSample => 'tripsMs' in sample);
}

/** Throws a RangeError for no values. */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new ArgumentRangeError('cannot take the median of no values');
  const sorted = values.toSorted((a, b) => a - b);
  return { median: percentile(sorted, 0.5), least: sorted[0]!, most: sorted.at(-1)! };
}

/**
 * That of `sorted` values of which `fraction` (0 to 1) are no greater; between two values the median is half way. 0 of none.
 */
export function percentile(sorted: readonly number[], fraction: number): number {
  if (sorted.length === 0) return 0;
  if (fraction !== 0.5) return sorted[Math.max(0, Math.ceil(fraction * sorted.length) - 1)]!;
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
}

/** What was counted in all rounds together. */
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

/** What is known of the rates of all rounds. */
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

/** The round trips of all rounds together, in milliseconds. */
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
