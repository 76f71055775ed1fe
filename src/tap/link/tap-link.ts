import type { ErrorReason } from '../../errors.js';
import type { Link } from '../../netlink/link.js';
import { Links } from '../../netlink/links.js';
import { systemError } from '../../sys/errno.js';
import { readDeviceRecord } from '../state/device-record.js';
import { namedHolders } from './attached-processes.js';
import { assertInterfaceName } from './interface-name.js';

/** The TAP called `name`; a SystemError with ENODEV where there is none, EINVAL where it is something else. */
export function findTap(name: string, action: string): Link {
  assertInterfaceName(name);
  using links = Links.open();
  const link = links.byName(name);
  const call = { action, object: name, syscall: 'RTM_GETLINK' };
  if (link === undefined) {
    const detail = 'there is no such device';
    throw systemError({ ...call, code: 'ENODEV', detail, reason: 'no-such-device' });
  }
  if (link.tun?.type === 'tap') return link;
  const kind = link.kind ? ` (${link.kind})` : '';
  const detail = link.tun === undefined ? `it is not a TAP${kind}` : 'it is a TUN device, not a TAP';
  throw systemError({ ...call, code: 'EINVAL', detail, reason: 'not-a-tap' });
}

/** Throws a SystemError with EBUSY and `reason`, which names them, where processes are attached to `link`. */
export function assertUnused(
  link: Link,
  { action, reason }: { readonly action: string; readonly reason: ErrorReason },
): void {
  const attached = link.tun?.queues ?? 0;
  if (attached === 0) return;
  const what = attached === 1 ? 'a queue' : `${attached} queues`;
  const who = namedHolders(link.name);
  const have = who.includes(' and ') ? 'have' : 'has';
  const detail = `${who} ${have} ${what} of it attached`;
  throw systemError({ action, object: link.name, code: 'EBUSY', syscall: 'RTM_GETLINK', detail, reason });
}

/** Queues that a device was made with; 1 where rtap did not make it. */
export function queueCountOf(link: Link): number {
  return readDeviceRecord(link.index)?.queues ?? 1;
}
