import type { Link } from '../../netlink/link.js';
import { Links } from '../../netlink/links.js';
import { isSystemError } from '../../sys/errno.js';
import { queueCountOf } from '../link/tap-link.js';
import { type QueriedHolder, queryHolders } from './greeting-query.js';
import { unreadQueues } from './lease-table.js';

/** How long a holder may take to answer. */
const ANSWER_MS = 500;

/**
 * Finds the queues without a reader of the TAPs with these indices: those that a holder has not lent, and all queues of a TAP that no
 * process has attached. A process that attaches queues without a holder is taken for their reader. Returns the numbers by index,
 * without the TAPs that are gone or whose holder does not answer in time. Does not throw if this process has no descriptor left.
 */
export async function findUnreadQueues(
  ifindexes: readonly number[],
): Promise<ReadonlyMap<number, readonly number[]>> {
  const unread = new Map<number, readonly number[]>();
  const links = readLinks(ifindexes);
  const attached = links.filter(({ tun }) => (tun?.queues ?? 0) > 0);
  const holders = await queryHolders(
    attached.map(({ index }) => index),
    ANSWER_MS,
  );
  for (const link of links) {
    const queues = unreadOf(link, holders.get(link.index));
    if (queues !== undefined) unread.set(link.index, queues);
  }
  return unread;
}

function readLinks(ifindexes: readonly number[]): Link[] {
  try {
    using links = Links.open();
    return ifindexes.map((ifindex) => links.byIndex(ifindex)).filter((link) => link !== undefined);
  } catch (error) {
    if (isSystemError(error)) return [];
    throw error;
  }
}

/** @param holder undefined if no process has a queue attached */
function unreadOf(link: Link, holder: QueriedHolder | undefined): readonly number[] | undefined {
  if (holder === undefined) return unreadQueues(queueCountOf(link), []);
  if (holder === 'absent') return [];
  if (holder === 'unknown') return undefined;
  const leased = holder.leases.map(({ queues }) => queues);
  return unreadQueues(holder.queues, leased);
}
