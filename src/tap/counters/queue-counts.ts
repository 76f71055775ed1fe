import { QUEUE_COUNTER_NAMES, type QueueCounterName } from './counter-table.js';

/** What one queue has counted, by the names of its counters. Packets or bytes. */
export type QueueCounts = Record<QueueCounterName, number>;

/** Counts that are all 0. */
export function emptyCounts(): QueueCounts {
  return countsOf([]);
}

/** The counts in a counter block. A counter that the block does not have is 0. */
export function countsOf(counters: ArrayLike<number>): QueueCounts {
  const counts: Partial<QueueCounts> = {};
  for (const [index, name] of QUEUE_COUNTER_NAMES.entries()) counts[name] = counters[index] ?? 0;
  return counts as QueueCounts;
}

/** As `countsOf`, for a block that other users may have written: what cannot be a count is 0. */
export function checkedCountsOf(counters: ArrayLike<number>): QueueCounts {
  const counts = countsOf(counters);
  for (const name of QUEUE_COUNTER_NAMES)
    if (!Number.isSafeInteger(counts[name]) || counts[name] < 0) counts[name] = 0;
  return counts;
}

/** A copy of `counts` in which no counter is missing: an older rtap may have written fewer. */
export function completeCounts(counts: Readonly<Partial<QueueCounts>>): QueueCounts {
  const complete = emptyCounts();
  addCounts(complete, counts);
  return complete;
}

/** The counts that are not 0: the others need not be stored. */
export function presentCounts(counts: QueueCounts): Partial<QueueCounts> {
  const present: Partial<QueueCounts> = {};
  for (const name of QUEUE_COUNTER_NAMES) if (counts[name] !== 0) present[name] = counts[name];
  return present;
}

/** Adds `more` to `sum`, counter by counter. */
export function addCounts(sum: QueueCounts, more: Readonly<Partial<QueueCounts>>): void {
  for (const name of QUEUE_COUNTER_NAMES) sum[name] += more[name] ?? 0;
}

/**
 * Takes `less` away from `counts`, counter by counter. None becomes negative: the counts may come from other users.
 */
export function subtractCounts(counts: QueueCounts, less: Readonly<Partial<QueueCounts>>): void {
  for (const name of QUEUE_COUNTER_NAMES) counts[name] = Math.max(counts[name] - (less[name] ?? 0), 0);
}
