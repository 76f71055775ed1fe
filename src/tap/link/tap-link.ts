import { SystemError } from '../../errors.js';
import type { Link } from '../../netlink/link.js';
import { Links } from '../../netlink/links.js';
import { errnoOf } from '../../sys/errno.js';
import { readDeviceRecord } from '../state/device-record.js';
import { namedHolders } from './attached-processes.js';
import { assertInterfaceName } from './interface-name.js';

/** The TAP called `name`; a SystemError with ENODEV where there is none, EINVAL where it is something else. */
export function findTap(name: string, action: string): Link {
  assertInterfaceName(name);
  using links = Links.open();
  const link = links.byName(name);
  const refuse = (code: string, reason: string) => {
    const facts = { errno: errnoOf(code), code, syscall: 'RTM_GETLINK' };
    return new SystemError(`cannot ${action} "${name}": ${reason}`, facts);
  };
  if (link === undefined) throw refuse('ENODEV', 'there is no such device');
  if (link.tun?.type === 'tun') throw refuse('EINVAL', 'it is a TUN device, not a TAP');
  if (link.tun === undefined) throw refuse('EINVAL', `it is not a TAP${link.kind ? ` (${link.kind})` : ''}`);
  return link;
}

/** Throws a SystemError with EBUSY, which names them, where processes are attached to `link`. */
export function assertUnused(link: Link, action: string): void {
  const attached = link.tun?.queues ?? 0;
  if (attached === 0) return;
  const what = attached === 1 ? 'a queue' : `${attached} queues`;
  const who = namedHolders(link.name);
  const have = who.includes(' and ') ? 'have' : 'has';
  const message = `cannot ${action} "${link.name}": ${who} ${have} ${what} of it attached`;
  throw new SystemError(message, { errno: errnoOf('EBUSY'), code: 'EBUSY', syscall: 'RTM_GETLINK' });
}

/** Queues that a device was made with; 1 where rtap did not make it. */
export function queueCountOf(link: Link): number {
  return readDeviceRecord(link.index)?.queues ?? 1;
}
