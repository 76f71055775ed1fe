import type { Link } from '../../netlink/link.js';
import { Links } from '../../netlink/links.js';
import { enterNetworkNamespace } from '../../sys/network-namespace.js';
import { getTunInterface, openTunNamespace } from '../../sys/tun.js';
import { HolderSocket } from '../lease/holder-socket.js';
import { type DeviceRecord, writeDeviceRecord } from '../state/device-record.js';
import { openDeviceDirectory } from '../state/runtime-directory.js';
import { readKeptSettings, writeKeptSettings } from './kept-settings.js';

/** A device after its move: the link in the other network namespace, and a holder's socket in the new folder of the device. */
export interface MovedDevice {
  readonly link: Link;
  readonly socket: HolderSocket;
}

/**
 * Moves this process into the network namespace that a held device was moved to, and opens a holder's socket there, so that
 * users of that namespace find the holder. Returns undefined if the device is gone, or if no runtime directory can be written.
 * Throws a SystemError with EPERM if this process may not enter the namespace.
 *
 * @param fd a queue of the device
 * @param record what the new folder is to remember of the device, with the settings that the folder in this namespace has
 * @param ifindex the index that the device had in this namespace
 */
export function followDevice(fd: number, record: DeviceRecord, ifindex: number): MovedDevice | undefined {
  const settings = readKeptSettings(ifindex);
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
  writeKeptSettings(directory, settings);
  return { link, socket: HolderSocket.open(directory, name) };
}
