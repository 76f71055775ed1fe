import { Links } from '../../netlink/links.js';
import { isSystemError } from '../../sys/errno.js';
import { readPeerCredentials, readPeerGroups } from '../../sys/peer-credentials.js';
import type { NamedProcess } from '../lease/holder-reply.js';
import { commandOf } from '../link/attached-processes.js';
import { type LendingRules, type Right, rightOf } from './lending-rights.js';

/** The device that is lent: its index and name in the network namespace of this thread. */
export interface LentDevice {
  readonly ifindex: number;
  readonly name: string;
}

/** Finds out which process has connected by the socket `fd`, and what it may do. */
export function identifyPeer(
  fd: number,
  rules: LendingRules,
  device: LentDevice,
): { readonly user: NamedProcess; readonly right: Right } {
  const { pid, uid, gid } = readPeerCredentials(fd, { action: 'identify', object: 'user' });
  const mayDoAll = uid === 0 || uid === rules.uid;
  const present = mayDoAll ? rules : { ...rules, ...readOwnership(device) };
  // The list of groups can be long: it is read only if a group decides.
  const groups = present.group === undefined && present.deviceGroup === undefined ? [] : readPeerGroups(fd);
  const right = rightOf({ uid, gid, groups }, present);
  return { user: { pid, command: right === 'nothing' ? '?' : commandOf(pid) }, right };
}

/** Reads the owner and the group that the device has now: they may have changed since the holder began. */
function readOwnership({ ifindex, name }: LentDevice): Pick<LendingRules, 'deviceOwner' | 'deviceGroup'> {
  try {
    using links = Links.open();
    const link = links.byIndex(ifindex);
    // If the holder could not follow its device to another namespace, another device may have this index now.
    if (link?.name !== name) return {};
    return { deviceOwner: link.tun?.owner, deviceGroup: link.tun?.group };
  } catch (error) {
    // This process may have no descriptor left. Then owner and group may not borrow, and the holder goes on.
    if (isSystemError(error)) return {};
    throw error;
  }
}
