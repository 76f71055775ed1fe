import { Links } from '../../netlink/links.js';
import { isSystemError } from '../../sys/errno.js';
import { getVnetHeaderBytes } from '../../sys/tun.js';
import type { LentDevice } from './connecting-peer.js';

/** What every process with a queue can change, without a notification by the kernel. */
export interface DeviceFacts {
  /** uid. Undefined if the device has no owner. */
  readonly owner: number | undefined;
  /** gid. Undefined if the device has no group. */
  readonly group: number | undefined;
  /** Bytes of the virtio-net header that TUNGETVNETHDRSZ returns, also for a device whose frames have none. */
  readonly headerBytes: number;
}

/**
 * Reads the facts of `device`, of which `fd` is a queue. Returns undefined if they cannot be read now: the device is gone, has another
 * name since this moment, or this process has no descriptor left.
 */
export function readDeviceFacts(fd: number, { ifindex, name }: LentDevice): DeviceFacts | undefined {
  try {
    using links = Links.open();
    const link = links.byIndex(ifindex);
    if (link?.name !== name || link.tun === undefined) return undefined;
    const { owner, group } = link.tun;
    return { owner, group, headerBytes: getVnetHeaderBytes(fd, { action: 'inspect', object: name }) };
  } catch (error) {
    if (isSystemError(error)) return undefined;
    throw error;
  }
}

/** Says what differs between two states of the device `name`, a sentence each. */
export function describeChanges(name: string, before: DeviceFacts, present: DeviceFacts): string[] {
  const rows = [
    ['owner', describeId('user', before.owner), describeId('user', present.owner)],
    ['group', describeId('group', before.group), describeId('group', present.group)],
    ['virtio-net header', `${before.headerBytes} bytes`, `${present.headerBytes} bytes`],
  ] as const;
  return rows
    .filter(([, from, to]) => from !== to)
    .map(([what, from, to]) => `the ${what} of ${name} was changed from ${from} to ${to}`);
}

function describeId(kind: 'user' | 'group', id: number | undefined): string {
  return id === undefined ? 'none' : `${kind} ${id}`;
}
