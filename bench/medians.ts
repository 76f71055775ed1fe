/** What several measurements of the same thing say together. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** The value in the middle; of an even number of values, half way between the two there. NaN of none. */
export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
}

/** Throws a RangeError for no values. */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError('cannot take the median of no values');
  return { median: medianOf(values), least: Math.min(...values), most: Math.max(...values) };
}

/**
 * The ratios of what was measured in the same round, `ours[i] / theirs[i]`, one beside the other: what slows the
 * machine for a minute slows both.
 */
export function ratiosOf(ours: readonly number[], theirs: readonly number[]): Spread {
  if (ours.length !== theirs.length)
    throw new RangeError(`cannot compare ${ours.length} rounds with ${theirs.length}`);
  return spreadOf(ours.map((value, round) => value / theirs[round]!));
}
