import type { Link } from '../../netlink/link.js';
import { Links } from '../../netlink/links.js';
import { readCounterWriters } from '../../tap/counters/counter-totals.js';
import { type QueriedHolder, queryHolders } from '../../tap/lease/greeting-query.js';
import { findDeviceDirectory } from '../../tap/state/runtime-directory.js';
import { CommandWriter } from '../errors/command-writer.js';
import { printableName } from '../output/escapes.js';
import type { Console } from '../process/console.js';

/** How long a holder may take to answer. */
const ANSWER_MS = 500;

/**
 * Whether it takes sockets to see the rates of the queues of `link`, since rtap's counters do not contain them: the device has no holder
 * and no process of rtap counts, or its holder has lent queues to a program that rtap does not count for.
 */
export async function needsSockets(link: Link): Promise<boolean> {
  const holders = await queryHolders([link.index], ANSWER_MS);
  return isUncounted(link, holders.get(link.index));
}

/** Names those of `devices` whose queues other programs use. Zeros in rtap's counters would look as if no packet passed. */
export async function noteUncounted(
  devices: readonly { readonly ifindex: number; readonly name: string }[],
  console: Console,
): Promise<void> {
  const commands = new CommandWriter(console.namespace);
  const uncounted = await findUncounted(devices.map(({ ifindex }) => ifindex));
  for (const { name } of devices.filter(({ ifindex }) => uncounted.has(ifindex))) {
    console.note(
      `stats: another program uses queues of ${printableName(name)}, and rtap counts nothing of these`,
    );
    console.note(
      `hint: see the rates of its queues: ${commands.rtap('stats', name, '--per-queue', '--watch')}; see the frames: ${commands.rtap('sniff', name)}`,
    );
  }
}

/** Returns the indices of those TAPs among `ifindexes` that have queues attached of which rtap counts nothing. */
async function findUncounted(ifindexes: readonly number[]): Promise<ReadonlySet<number>> {
  const holders = await queryHolders(ifindexes, ANSWER_MS);
  using links = Links.open();
  const isUsedUncounted = (ifindex: number) => {
    const link = links.byIndex(ifindex);
    return link !== undefined && link.tun?.queues !== 0 && isUncounted(link, holders.get(ifindex));
  };
  return new Set(ifindexes.filter(isUsedUncounted));
}

/** A process of another pid namespace has no number here, and may be rtap's. */
function isUncounted(link: Link, holder: QueriedHolder = 'absent'): boolean {
  if (holder === 'unknown') return false;
  const counting = countingPids(link);
  if (holder === 'absent') return counting.size === 0;
  return holder.leases.some(({ pid }) => pid !== 0 && !counting.has(pid));
}

function countingPids({ index }: Link): ReadonlySet<number> {
  const folder = findDeviceDirectory(index);
  return new Set(folder === undefined ? [] : readCounterWriters(folder).map(({ pid }) => pid));
}
