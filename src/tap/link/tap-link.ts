import type { ErrorReason } from '../../errors.js';
import type { Link } from '../../netlink/link.js';
import { Links } from '../../netlink/links.js';
import { systemError } from '../../sys/errno.js';
import { readDeviceRecord } from '../state/device-record.js';
import { describeAttached } from './attached-processes.js';
import { assertInterfaceName, isInterfaceName } from './interface-name.js';

/** Lists the names of the TAPs of this network namespace that `findTap` takes, in order of their indices. */
export function listTapNames(): string[] {
  using links = Links.open();
  const taps = links.outlineKind('tun').filter(({ tun }) => tun?.type === 'tap');
  taps.sort((a, b) => a.index - b.index);
  return taps.map(({ name }) => name).filter(isInterfaceName);
}

/** Finds the device `name` of any kind. Throws a SystemError with ENODEV when there is none. */
export function findLink(name: string, action: string): Link {
  assertInterfaceName(name);
  using links = Links.open();
  const link = links.byName(name);
  if (link !== undefined) return link;
  const detail = 'there is no such device';
  const call = { action, object: name, syscall: 'RTM_GETLINK' };
  throw systemError({ ...call, code: 'ENODEV', detail, reason: 'no-such-device' });
}

/** Finds the TAP `name`. Throws a SystemError: ENODEV when there is no such device, EINVAL when it is no TAP. */
export function findTap(name: string, action: string): Link {
  const link = findLink(name, action);
  if (link.tun?.type === 'tap') return link;
  const kind = link.kind ? ` (${link.kind})` : '';
  const detail = link.tun === undefined ? `it is not a TAP${kind}` : 'it is a TUN device, not a TAP';
  const call = { action, object: name, syscall: 'RTM_GETLINK' };
  throw systemError({ ...call, code: 'EINVAL', detail, reason: 'not-a-tap' });
}

/**
 * Throws a SystemError with EBUSY and `reason` when processes have queues of `link` attached. The message names them.
 */
export function assertUnused(
  link: Link,
  { action, reason }: { readonly action: string; readonly reason: ErrorReason },
): void {
  const attached = link.tun?.queues ?? 0;
  if (attached === 0) return;
  const what = attached === 1 ? 'a queue' : `${attached} queues`;
  const users = describeAttached(link.name);
  const have = users.includes(' and ') ? 'have' : 'has';
  const detail = `${users} ${have} ${what} of it attached`;
  throw systemError({
    action,
    object: link.name,
    code: 'EBUSY',
    syscall: 'RTM_GETLINK',
    detail,
    // Its one queue cannot be shared.
    reason: link.tun?.multiQueue === false ? 'single-queue-in-use' : reason,
  });
}

/** The number of queues that a device was made with. 1 when rtap did not make it. */
export function queueCountOf(link: Link): number {
  return readDeviceRecord(link.index)?.queues ?? 1;
}
