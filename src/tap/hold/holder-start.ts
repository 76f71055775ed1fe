import { readFileSync } from 'node:fs';
import type { SystemError } from '../../errors.js';
import type { Link } from '../../netlink/link.js';
import { Links } from '../../netlink/links.js';
import type { Descriptor } from '../../sys/descriptor.js';
import { systemError } from '../../sys/errno.js';
import type { Purpose } from '../../sys/libc.js';
import { Ownership } from '../../sys/ownership.js';
import { listenAgain } from '../../sys/unix-socket.js';
import { CreatedDevice } from '../device/device-creation.js';
import { HolderClient } from '../lease/holder-client.js';
import type { HolderReply, PassedConnection } from '../lease/holder-reply.js';
import { HolderSocket } from '../lease/holder-socket.js';
import { isAlive } from '../link/attached-processes.js';
import { TapDescriptor } from '../link/tap-descriptor.js';
import { KERNEL_QUEUES_MAX } from '../state/limits.js';
import { openDeviceDirectory } from '../state/runtime-directory.js';
import { Holder } from './holder.js';
import { type LendingRules, unmappedUid } from './lending-rights.js';

/** What a holder is told, and whom it tells. */
export interface HoldingOptions {
  /** gid of those who may borrow, beside root and the user of this process. @default nobody */
  readonly group?: number | undefined;
  /** More sockets that listen, as a service manager hands them over; the holder closes them. */
  readonly moreSockets?: readonly Descriptor[];
  readonly onRelease: () => void;
  readonly onTakenOver: (pid: number) => void;
}

/**
 * Serves the queues of `device`, all of which are attached, and owns it; undefined, and nothing done, where this user may
 * write no runtime directory. Throws a SystemError with EBUSY where there is a holder already.
 */
export function lendQueues(device: CreatedDevice, options: HoldingOptions): Holder | undefined {
  const link = readLink(device.ifindex, device.name);
  const directory = openDeviceDirectory(link.index, { owner: link.tun?.owner, group: link.tun?.group });
  if (directory === undefined) {
    for (const socket of options.moreSockets ?? []) socket[Symbol.dispose]();
    return undefined;
  }
  const socket = HolderSocket.open(directory, link.name);
  try {
    return new Holder(device, socket, { ...options, rules: lendingRules(options.group) });
  } catch (error) {
    socket[Symbol.dispose]();
    throw error;
  }
}

/**
 * Takes everything over from the holder of `link`: its socket, its users with their leases, and every queue, in which
 * frames stay as they are. The other one leaves when all has arrived.
 *
 * Throws a SystemError with ESRCH where there is no holder, EPERM where this user may not.
 */
export function takeOver(
  link: Link,
  options: HoldingOptions,
): { readonly holder: Holder; readonly queueCount: number } {
  const action = 'take over';
  const client = HolderClient.findRunning(link, action);
  if (client === undefined) throw noHolder(link.name, action);
  using owned = new Ownership();
  owned.own(client);
  client.assertAdmitted(action, 'ending-denied');
  client.send({ type: 'take-over' }, action);
  const estate = receiveEstate(client, link, action);
  let device: CreatedDevice | undefined;
  let holder: Holder | undefined;
  try {
    const { group = estate.group } = options;
    device = CreatedDevice.inherit(link, estate.taps, estate.persistent);
    const directory = openDeviceDirectory(link.index, { owner: link.tun?.owner, group: link.tun?.group });
    if (directory === undefined) throw unserved(link.name, action);
    const [lock, listening, ...others] = estate.sockets;
    const socket = HolderSocket.inherit(directory, link.name, listening!, lock!);
    for (const { fd } of others) listenAgain(fd, { action, object: link.name });
    const moreSockets = [...others, ...(options.moreSockets ?? [])];
    const rules = lendingRules(group);
    const { connections } = estate;
    holder = new Holder(device, socket, { ...options, moreSockets, rules, connections });
    confirm(client, action);
    return { holder, queueCount: device.queueCount };
  } catch (error) {
    holder?.abandon();
    device?.abandon();
    for (const resource of [
      ...estate.taps,
      ...estate.sockets,
      ...estate.connections.map(({ socket }) => socket),
    ])
      resource[Symbol.dispose]();
    throw error;
  }
}

/** Until now the other one would have gone on: it does so where it gave up waiting, and not where it died. */
function confirm(client: HolderClient, action: string): void {
  try {
    client.send({ type: 'taken' }, action);
  } catch (error) {
    if (isAlive(client.greeting.holder.pid)) throw error;
  }
}

interface ReceivedEstate {
  readonly persistent: boolean;
  readonly group: number | undefined;
  /** The lock, what listens, and more. */
  readonly sockets: readonly Descriptor[];
  readonly taps: readonly TapDescriptor[];
  readonly connections: readonly { readonly socket: Descriptor; readonly facts: PassedConnection }[];
}

/** Every message of a hand-over; the caller owns what came. */
function receiveEstate(client: HolderClient, link: Link, action: string): ReceivedEstate {
  const taps: TapDescriptor[] = [];
  const connections: { readonly socket: Descriptor; readonly facts: PassedConnection }[] = [];
  let sockets: readonly Descriptor[] = [];
  let persistent = false;
  let group: number | undefined;
  const received = new Ownership();
  try {
    for (;;) {
      const { reply, descriptors } = client.next(action);
      for (const descriptor of descriptors) received.own(descriptor);
      assertWhole(reply, descriptors.length, { action, object: link.name });
      if (reply.type === 'handing-over') {
        ({ persistent, group } = reply);
        sockets = descriptors;
      } else if (reply.type === 'queues') {
        for (const descriptor of descriptors) taps.push(TapDescriptor.adopt(descriptor, link, action));
      } else if (reply.type === 'connections') {
        for (const [index, facts] of reply.connections.entries())
          connections.push({ socket: descriptors[index]!, facts });
      } else if (reply.type === 'all') {
        const isComplete = taps.length > 0 && taps.length <= KERNEL_QUEUES_MAX && sockets.length >= 2;
        if (!isComplete) throw strange(link.name, action);
        return { persistent, group, sockets, taps, connections };
      }
    }
  } catch (error) {
    received[Symbol.dispose]();
    throw error;
  }
}

/** Throws where `reply` is none of a hand-over, or comes without what it names. */
function assertWhole(reply: HolderReply, descriptorCount: number, { action, object }: Purpose): void {
  const { type } = reply;
  const isPart = type === 'handing-over' || type === 'all';
  const isQueues = type === 'queues' && reply.queues.length === descriptorCount && descriptorCount > 0;
  const isConnections = type === 'connections' && reply.connections.length === descriptorCount;
  if (!isPart && !isQueues && !isConnections) throw strange(object, action);
}

function strange(name: string, action: string): SystemError {
  return systemError({
    action,
    object: name,
    code: 'EBADMSG',
    syscall: 'holder',
    detail: 'its holder hands over what makes no holder',
    reason: 'holder-incompatible',
  });
}

/** But for the device's owner and group, which are looked up for each user. */
function lendingRules(group: number | undefined): LendingRules {
  return {
    uid: process.geteuid?.() ?? 0,
    group,
    unmappedUid: unmappedUid(
      readFileSync('/proc/self/uid_map', 'latin1'),
      readFileSync('/proc/sys/kernel/overflowuid', 'latin1'),
    ),
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

function noHolder(name: string, action: string): SystemError {
  return systemError({
    action,
    object: name,
    code: 'ESRCH',
    syscall: 'holder',
    detail: 'it has no holder',
    reason: 'no-holder',
  });
}

/** The error for a device that nobody could be told to be lent. */
export function unserved(name: string, action: string): SystemError {
  return systemError({
    action,
    object: name,
    code: 'EACCES',
    syscall: 'runtime directory',
    detail: 'no runtime directory can be written',
    reason: 'runtime-directory-denied',
  });
}

/** Ends the holder of `link`; a SystemError with ESRCH where there is none. */
export function releaseDevice(link: Link): void {
  using client = HolderClient.findRunning(link, 'release');
  if (client === undefined) throw noHolder(link.name, 'release');
  client.release();
}
