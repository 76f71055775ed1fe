import type { SystemError } from '../../errors.js';
import type { Link } from '../../netlink/link.js';
import { Links } from '../../netlink/links.js';
import type { Descriptor } from '../../sys/descriptor.js';
import { systemError } from '../../sys/errno.js';
import { Ownership } from '../../sys/ownership.js';
import type { CreatedDevice } from '../device/device-creation.js';
import type { Restoration } from '../lease/holder-reply.js';
import { HolderSocket } from '../lease/holder-socket.js';
import { openDeviceDirectory, runtimeRoots, writableRuntimeRoot } from '../state/runtime-directory.js';
import { presentUnmappedUid } from '../state/trusted-user.js';
import { Holder } from './holder.js';
import type { LendingRules } from './lending-rights.js';

/** How a holder begins, and what it calls when it ends. */
export interface HolderStartOptions {
  /** gid of the users that may borrow, besides root and the user of this process. @default no group */
  readonly group?: number | undefined;
  /** More listening sockets, from a service manager. Owned by the holder, and closed if it cannot start. */
  readonly moreSockets?: readonly Descriptor[];
  readonly onRelease: () => void;
  /** See `HolderOptions`. */
  readonly readEvents: () => void;
  readonly onRestored: (restoration: Restoration) => void;
  readonly onDeviceChanged: (changes: readonly string[]) => void;
  readonly onTakenOver: (pid: number) => void;
}

/**
 * Starts to lend the queues of `device`, which must all be attached. The holder owns the device from then on. Returns undefined,
 * and leaves the device to the caller, if this user can write no runtime directory. Throws a SystemError with EBUSY if the
 * device has a holder already.
 */
export function startHolder(device: CreatedDevice, options: HolderStartOptions): Holder | undefined {
  const { moreSockets = [], group } = options;
  using unserved = new Ownership();
  for (const socket of moreSockets) unserved.own(socket);
  const link = readLink(device.ifindex, device.name);
  const directory = openDeviceDirectory(link.index, { owner: link.tun?.owner, group: link.tun?.group });
  if (directory === undefined) return undefined;
  const socket = unserved.own(HolderSocket.open(directory, link.name));
  const holder = new Holder(device, socket, { ...options, rules: lendingRules(group) });
  for (const served of [...moreSockets, socket]) unserved.disown(served);
  return holder;
}

/** The rules of a holder that runs as the user of this process, without the device's owner and group, which can change. */
export function lendingRules(group: number | undefined): LendingRules {
  return {
    uid: process.geteuid?.() ?? 0,
    group,
    unmappedUid: presentUnmappedUid(),
  };
}

function readLink(ifindex: number, name: string): Link {
  using links = Links.open();
  const link = links.byIndex(ifindex);
  if (link !== undefined) return link;
  throw systemError({
    action: 'hold',
    object: name,
    code: 'ENODEV',
    syscall: 'RTM_GETLINK',
    detail: 'the device was deleted',
    reason: 'device-deleted',
  });
}

/** Why a device has no folder in the runtime directory. */
export function runtimeDirectoryFault(): string {
  const root = writableRuntimeRoot();
  return root === undefined
    ? `this user can write no runtime directory (${runtimeRoots().join(', ')})`
    : `this user cannot make the folder of the device in ${root}`;
}

/** The error for a device whose holder no user could find, since its socket has no place. */
export function noRuntimeDirectory(name: string, action: string): SystemError {
  return systemError({
    action,
    object: name,
    code: 'EACCES',
    syscall: 'runtime directory',
    detail: runtimeDirectoryFault(),
    reason: 'runtime-directory-denied',
  });
}
