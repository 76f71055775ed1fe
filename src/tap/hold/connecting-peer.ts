import { Links } from '../../netlink/links.js';
import { isSystemError } from '../../sys/errno.js';
import { readPeerCredentials, readPeerGroups } from '../../sys/peer-credentials.js';
import type { NamedProcess } from '../lease/holder-reply.js';
import { commandOf } from '../link/attached-processes.js';
import { type LendingRules, type Right, rightOf } from './lending-rights.js';

/** What is lent, as this thread's network namespace has it. */
export interface LentDevice {
  readonly ifindex: number;
  readonly name: string;
}

/** Who has connected by the socket `fd`, and what he may. */
export function identifyPeer(
  fd: number,
  rules: LendingRules,
  device: LentDevice,
): { readonly user: NamedProcess; readonly right: Right } {
  const { pid, uid, gid } = readPeerCredentials(fd, { action: 'identify', object: 'user' });
  const isMaster = uid === 0 || uid === rules.uid;
  const present = isMaster ? rules : { ...rules, ...allowance(device) };
  // Asked for where it decides only: it may be a long list.
  const groups = present.group === undefined && present.deviceGroup === undefined ? [] : readPeerGroups(fd);
  const right = rightOf({ uid, gid, groups }, present);
  return { user: { pid, command: right === 'nothing' ? '?' : commandOf(pid) }, right };
}

/** Whom the kernel lets attach just now: the owner may be another one since the holder began. */
function allowance({ ifindex, name }: LentDevice): Pick<LendingRules, 'deviceOwner' | 'deviceGroup'> {
  try {
    using links = Links.open();
    const link = links.byIndex(ifindex);
    // One that could not be followed to another namespace may have left its number to another.
    if (link?.name !== name) return {};
    return { deviceOwner: link.tun?.owner, deviceGroup: link.tun?.group };
  } catch (error) {
    // No descriptor is left, perhaps: nobody's mistake, and no reason to let others in or to end.
    if (isSystemError(error)) return {};
    throw error;
  }
}
