import type { Link } from '../../netlink/link.js';
import { Links } from '../../netlink/links.js';
import { enterNetworkNamespace } from '../../sys/network-namespace.js';
import { getTunInterface, openTunNamespace } from '../../sys/tun.js';
import { HolderSocket } from '../lease/holder-socket.js';
import { type DeviceRecord, writeDeviceRecord } from '../state/device-record.js';
import { openDeviceDirectory } from '../state/runtime-directory.js';
import type { Holder } from './holder.js';

/**
 * Moves this process into the network namespace that the device of `holder` was moved to, so that users find it there;
 * returns the link that it is there, or undefined where no runtime directory can be written. Throws a SystemError with EPERM
 * without the privilege to.
 *
 * @param fd of one of the device's queues
 */
export function followDevice(holder: Holder, fd: number, record: DeviceRecord): Link | undefined {
  const { name } = getTunInterface(fd, { action: 'follow', object: 'device' });
  const purpose = { action: 'follow', object: name };
  using namespace = openTunNamespace(fd, purpose);
  enterNetworkNamespace(`/proc/self/fd/${namespace.fd}`, purpose);
  using links = Links.open();
  const link = links.byName(name);
  if (link === undefined) return undefined;
  const directory = openDeviceDirectory(link.index, { owner: link.tun?.owner, group: link.tun?.group });
  if (directory === undefined) return undefined;
  writeDeviceRecord(directory, record);
  holder.move(link, HolderSocket.open(directory, name));
  return link;
}
