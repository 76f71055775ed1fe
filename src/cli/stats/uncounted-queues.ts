import type { Link } from '../../netlink/link.js';
import { Links } from '../../netlink/links.js';
import { readCounterWriters } from '../../tap/counters/counter-totals.js';
import { type QueriedHolder, queryHolders } from '../../tap/lease/greeting-query.js';
import { findDeviceDirectory } from '../../tap/state/runtime-directory.js';

/** How long a holder may take to answer. */
const ANSWER_MS = 500;

/**
 * Whether it takes sockets to see the rates of all queues of `link`, since rtap's counters need not contain them: the device has no holder,
 * or its holder has lent queues to a program that rtap does not count for.
 */
export async function needsSockets(link: Link): Promise<boolean> {
  const holder = (await queryHolders([link.index], ANSWER_MS)).get(link.index) ?? 'absent';
  return holder === 'absent' || lendsUncounted(holder, link);
}

/** Returns the indices of those TAPs among `ifindexes` whose queues other programs use, so that rtap counts nothing of them. */
export async function findUncounted(ifindexes: readonly number[]): Promise<ReadonlySet<number>> {
  const holders = await queryHolders(ifindexes, ANSWER_MS);
  using links = Links.open();
  const isUncounted = (ifindex: number) => {
    const link = links.byIndex(ifindex);
    if (link === undefined || link.tun?.queues === 0) return false;
    const holder = holders.get(ifindex) ?? 'absent';
    return holder === 'absent' ? countingPids(link).size === 0 : lendsUncounted(holder, link);
  };
  return new Set(ifindexes.filter(isUncounted));
}

/** A process of another pid namespace has no number here, and may be rtap's. */
function lendsUncounted(holder: Exclude<QueriedHolder, 'absent'>, link: Link): boolean {
  if (holder === 'unknown') return false;
  const counting = countingPids(link);
  return holder.leases.some(({ pid }) => pid !== 0 && !counting.has(pid));
}

function countingPids({ index }: Link): ReadonlySet<number> {
  const folder = findDeviceDirectory(index);
  return new Set(folder === undefined ? [] : readCounterWriters(folder).map(({ pid }) => pid));
}
