import type { Link } from '../../netlink/link.js';
import { findHolder } from '../lease/holder-lookup.js';
import { HolderWatch } from '../lease/holder-watch.js';
import type { WatchGroup } from './watch-group.js';

/**
 * Gives each member of `groups`, which watch `link`, the frames of the queue that its holder calls by this number, from now on and
 * whenever a borrower has changed the order of the queues. Without a holder the numbers are the kernel's.
 *
 * @param groups borrowed; they must outlive what this returns
 */
export function followHolder(link: Link, groups: readonly WatchGroup[]): Disposable {
  const follow = (indexes: readonly number[] | undefined) => {
    for (const group of groups) group.followQueues(indexes);
  };
  follow(findHolder(link)?.greeting?.indexes);
  return new HolderWatch(link.index, (holder) => follow(holder?.indexes));
}
