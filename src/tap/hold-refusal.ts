import { SystemError } from '../errors.js';
import type { Link } from '../netlink/link.js';
import { errnoOf } from '../sys/errno.js';
import { lookForHolder } from './holder-look.js';
import { hasDeadSocket } from './holder-socket.js';
import { namedHolders } from './holders.js';
import { findDeviceDirectory } from './runtime-directory.js';
import { assertUnused } from './tap-link.js';

/**
 * Throws a SystemError with EBUSY where nobody can begin to hold `link`: it has a holder, a holder that has died lent queues
 * that their users have still, or others are attached.
 */
export function assertHoldable(link: Link): void {
  const queues = link.tun?.queues ?? 0;
  if (queues === 0) return;
  const holder = lookForHolder(link)?.holder;
  if (holder !== undefined)
    throw busy(link.name, `it has a holder already, ${holder.command} (pid ${holder.pid})`);
  const directory = findDeviceDirectory(link.index);
  if (directory === undefined || !hasDeadSocket(directory)) assertUnused(link, 'hold');
  const what = queues === 1 ? 'a queue' : `${queues} queues`;
  throw busy(link.name, `its holder has died, and ${namedHolders(link.name)} has ${what} of it still`);
}

function busy(name: string, reason: string): SystemError {
  const facts = { errno: errnoOf('EBUSY'), code: 'EBUSY', syscall: 'RTM_GETLINK', object: name };
  return new SystemError(`cannot hold "${name}": ${reason}`, facts);
}
