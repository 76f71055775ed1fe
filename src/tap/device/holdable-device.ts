import { SystemError } from '../../errors.js';
import type { Link } from '../../netlink/link.js';
import { errnoOf } from '../../sys/errno.js';
import { type FoundHolder, findHolder } from '../lease/holder-lookup.js';
import { hasDeadSocket } from '../lease/holder-socket.js';
import { namedHolders } from '../link/attached-processes.js';
import { assertUnused } from '../link/tap-link.js';
import { findDeviceDirectory } from '../state/runtime-directory.js';

/**
 * Throws a SystemError with EBUSY where nobody can begin to hold `link`: it has a holder, a holder that has died lent queues
 * that their users have still, or others are attached; with ETIMEDOUT where its holder does not answer.
 */
export function assertHoldable(link: Link): void {
  const queues = link.tun?.queues ?? 0;
  if (queues === 0) return;
  const holder = findHolder(link);
  if (holder !== undefined) throw held(link.name, holder);
  const directory = findDeviceDirectory(link.index);
  if (directory === undefined || !hasDeadSocket(directory)) assertUnused(link, 'hold');
  const what = queues === 1 ? 'a queue' : `${queues} queues`;
  throw busy(link.name, `its holder has died, and ${namedHolders(link.name)} has ${what} of it still`);
}

function held(name: string, { process, greeting, stopped }: FoundHolder): SystemError {
  const who = `${process.command} (pid ${process.pid})`;
  if (greeting !== undefined) return busy(name, `it has a holder already, ${who}`);
  const facts = { errno: errnoOf('ETIMEDOUT'), code: 'ETIMEDOUT', syscall: 'holder', object: name };
  const silence = stopped ? 'is stopped' : 'does not answer';
  return new SystemError(`cannot hold "${name}": its holder, ${who}, ${silence}`, facts);
}

function busy(name: string, reason: string): SystemError {
  const facts = { errno: errnoOf('EBUSY'), code: 'EBUSY', syscall: 'RTM_GETLINK', object: name };
  return new SystemError(`cannot hold "${name}": ${reason}`, facts);
}
