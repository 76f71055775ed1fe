import type { Sample, Unit } from '../contest.js';
import type { Spread } from '../medians.js';
import type { Performance, RowResult } from '../row-result.js';

/** How values of some magnitude are written: their divisor, the number of decimals, and the name of the unit. */
interface Scale {
  readonly from: number;
  readonly divisor: number;
  readonly decimals: number;
  readonly name: string;
}

/** The scales of each unit, the largest first. */
const SCALES: Readonly<Record<Unit, readonly Scale[]>> = {
  'frames/s': [
    { from: 1e6, divisor: 1e6, decimals: 2, name: 'M frames/s' },
    { from: 0, divisor: 1e3, decimals: 0, name: 'k frames/s' },
  ],
  'bit/s': [
    { from: 1e9, divisor: 1e9, decimals: 2, name: 'Gbit/s' },
    { from: 0, divisor: 1e6, decimals: 0, name: 'Mbit/s' },
  ],
  s: [
    { from: 0.01, divisor: 1e-3, decimals: 0, name: 'ms' },
    { from: 0, divisor: 1e-3, decimals: 3, name: 'ms' },
  ],
  ticks: [{ from: 0, divisor: 1, decimals: 0, name: 'ticks' }],
  bytes: [{ from: 0, divisor: 1e6, decimals: 0, name: 'MB' }],
};

/** What else is known of a measurement. */
type Rest = { readonly [Key in 'frameMicroseconds' | 'ninetieth']?: number | undefined };

/** Writes a value for people: `1.24 M frames/s`, `13.40 Gbit/s`, `210 ms`. */
export function writeFigure(value: number, unit: Unit): string {
  const { divisor, decimals, name } = scaleOf(value, unit);
  return `${(value / divisor).toFixed(decimals)} ${name}`;
}

/** Writes a median with the least and the most in brackets: `1.24 M frames/s (0.98 to 1.30)`. */
export function writeFigures({ median, least, most }: Spread, unit: Unit): string {
  const { divisor, decimals } = scaleOf(median, unit);
  const ends = [least, most].map((value) => (value / divisor).toFixed(decimals));
  return `${writeFigure(median, unit)} (${ends.join(' to ')})`;
}

/** Writes one measurement: `1.24 M frames/s, CPU 0.72`, `0.210 ms, 90 %: 0.250 ms`. */
export function writeSample({ value, ...rest }: Sample, unit: Unit): string {
  return `${writeFigure(value, unit)}${writeRest(rest, unit)}`;
}

/** Writes what several rounds gave, as `writeFigures` and `writeSample` do. */
export function writePerformance(performance: Performance, unit: Unit): string {
  return `${writeFigures(performance, unit)}${writeRest(performance, unit)}`;
}

function writeRest({ frameMicroseconds, ninetieth }: Rest, unit: Unit): string {
  const cost = frameMicroseconds === undefined ? '' : `, CPU ${frameMicroseconds.toFixed(2)}`;
  return ninetieth === undefined ? cost : `${cost}, 90 %: ${writeFigure(ninetieth, unit)}`;
}

/** Writes a ratio: `1.31`. */
export function writeRatio(ratio: number): string {
  return ratio.toFixed(2);
}

/** Writes a spread of ratios: `1.31 (1.20 to 1.35)`. */
export function writeRatios({ median, least, most }: Spread): string {
  return `${writeRatio(median)} (${writeRatio(least)} to ${writeRatio(most)})`;
}

/**
 * Writes how a row's contestants compare: `1.31 (1.20 to 1.35), CPU 1.28`. The last number is the ratio of their medians of
 * processor time for each frame, if both have one: on a busy machine it varies less.
 */
export function writeComparison({ ratio, ours, theirs }: RowResult): string {
  const [own, other] = [ours.frameMicroseconds, theirs?.frameMicroseconds];
  const cost = own === undefined || other === undefined ? '' : `, CPU ${writeRatio(other / own)}`;
  return `${writeRatios(ratio)}${cost}`;
}

/** Writes the limit of a row: `1.30 or more`, `60 MB or less`. Nothing if the row is only shown. */
export function writeLimit({ limit, lessIsBetter, theirs, unit }: RowResult): string {
  if (limit === undefined) return '';
  const text = theirs === undefined ? writeFigure(limit, unit) : writeRatio(limit);
  return `${text} or ${lessIsBetter ? 'less' : 'more'}`;
}

function scaleOf(value: number, unit: Unit): Scale {
  const scales = SCALES[unit];
  return scales.find(({ from }) => value >= from) ?? scales.at(-1)!;
}
