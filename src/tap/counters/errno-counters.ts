import { errnoOf } from '../../sys/errno.js';
import { type QueueCounters, RX_ERRNO, RX_ERRNO_NAMES, TX_ERRNO, TX_ERRNO_NAMES } from './counter-table.js';

const RX_INDICES = indicesOf(RX_ERRNO_NAMES, RX_ERRNO);
const TX_INDICES = indicesOf(TX_ERRNO_NAMES, TX_ERRNO);
const RX_OTHER = RX_ERRNO + RX_ERRNO_NAMES.length - 1;
const TX_OTHER = TX_ERRNO + TX_ERRNO_NAMES.length - 1;

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

/** Where the counter of each errno lies; the last name is for all others. */
function indicesOf(names: readonly string[], first: number): ReadonlyMap<number, number> {
  return new Map(names.slice(0, -1).map((name, at) => [errnoOf(name), first + at]));
}
