import { errnoOf } from '../../sys/errno.js';
import { COUNTERS, counterIndex, type Direction, type QueueCounters } from './counter-table.js';

/** Stands in the name of the counter for every errno that has none of its own. */
const OTHER = 'Other';

/** The counters of refused writes: the name of the errno, or `Other`, and where a counter block holds it. */
export const TX_ERRNO_INDICES = namedIndices('tx');

const RX_INDICES = numberedIndices(namedIndices('rx'));
const TX_INDICES = numberedIndices(TX_ERRNO_INDICES);
const RX_OTHER = counterIndex('rxErrnoOther');
const TX_OTHER = counterIndex('txErrnoOther');

/** Counts a read that the kernel refused with `errno` (positive). */
export function countReadErrno(counters: QueueCounters, errno: number): void {
  const index = RX_INDICES.get(errno) ?? RX_OTHER;
  counters[index] = counters[index]! + 1;
}

/** Counts a write that the kernel refused with `errno` (positive). */
export function countWriteErrno(counters: QueueCounters, errno: number): void {
  const index = TX_INDICES.get(errno) ?? TX_OTHER;
  counters[index] = counters[index]! + 1;
}

function namedIndices(direction: Direction): ReadonlyMap<string, number> {
  const prefix = `${direction}Errno`;
  const rows = COUNTERS.filter(([name]) => name.startsWith(prefix));
  return new Map(rows.map(([name, index]) => [name.slice(prefix.length), index]));
}

function numberedIndices(named: ReadonlyMap<string, number>): ReadonlyMap<number, number> {
  const known = [...named].filter(([name]) => name !== OTHER);
  return new Map(known.map(([name, index]) => [errnoOf(name), index]));
}
