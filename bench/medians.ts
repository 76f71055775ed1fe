/** The median, the least and the most of several measurements of the same thing. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/**
 * Returns the value in the middle. For an even number of values it is half way between the two in the middle. NaN if
 * there are none.
 */
export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
}

/** Returns the least of `values` that `percent` per cent of them do not exceed. NaN if there are none. */
export function percentileOf(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(Math.ceil((sorted.length * percent) / 100) - 1, 0)] ?? Number.NaN;
}

/** Returns the spread of `values`. Throws a RangeError if there are none. */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError('cannot take the median of no values');
  return { median: medianOf(values), least: Math.min(...values), most: Math.max(...values) };
}

/**
 * Returns the ratios of values from the same round, `ours[i] / theirs[i]`: what slows the machine for a minute slows
 * both.
 */
export function ratiosOf(ours: readonly number[], theirs: readonly number[]): Spread {
  if (ours.length !== theirs.length)
    throw new RangeError(`cannot compare ${ours.length} rounds with ${theirs.length}`);
  return spreadOf(ours.map((value, round) => value / theirs[round]!));
}
