import { ArgumentRangeError, ArgumentTypeError } from '../../errors.js';
import type { Link, LinkOutline } from '../../netlink/link.js';
import { formatMacAddress, parseMacAddress } from '../../packet/headers/mac-address.js';
import type { Purpose } from '../../sys/libc.js';
import { setTunFilter } from '../../sys/tun.js';
import { type AppliedSetting, changeThroughHolder } from '../lease/holder-client.js';
import { findTap } from '../link/tap-link.js';
import { withTemporaryQueue } from '../link/temporary-queue.js';
import { FILTER_ADDRESSES_MAX } from '../state/limits.js';
import {
  type RecordedDevice,
  readRecordFile,
  storeRecordFile,
  writeRecordFile,
} from '../state/record-file.js';
import { findDeviceDirectory } from '../state/runtime-directory.js';

const ACTION = 'filter';
const FILE = 'filter.json';

const BROADCAST = 'ff:ff:ff:ff:ff:ff';

/** Which frames leave a device: those to these addresses, and to broadcast. */
export interface AddressFilter {
  /** MAC addresses, as `Link.address` has them. An empty list stands for the device's own address. */
  readonly addresses: readonly string[];
  /** Whether frames to all groups leave the device, too. @default false */
  readonly allMulticast?: boolean | undefined;
}

/**
 * Returns the filter of the TAP `device`, and undefined if it has none. The kernel cannot be asked: it is what rtap remembers of its
 * own last change.
 *
 * @param device its name, or the link as `Links` describes it
 */
export function readAddressFilter(device: Pick<LinkOutline, 'index'> | string): AddressFilter | undefined {
  const { index } = typeof device === 'string' ? findTap(device, 'read') : device;
  const directory = findDeviceDirectory(index);
  return directory === undefined ? undefined : readFilterRecord(directory);
}

/**
 * Lets only frames to the addresses of `filter`, and to broadcast, leave the TAP `device`. undefined removes the filter. If the device
 * has a holder, the holder sets it. Otherwise this attaches a temporary queue. The filter belongs to the device: it stays if no process
 * is attached. The kernel counts what it keeps from leaving as `tx_dropped`.
 *
 * Throws a TypeError for what is no MAC address, and a RangeError for more than FILTER_ADDRESSES_MAX. Throws a SystemError: EPERM
 * without the right to attach, ENODEV if there is no such device.
 *
 * @param device its name, or the link as `Links` describes it
 */
export function setAddressFilter(device: Link | string, filter: AddressFilter | undefined): AppliedSetting {
  const wanted = filter === undefined ? undefined : completeFilter(filter);
  const link = typeof device === 'string' ? findTap(device, ACTION) : device;
  const complete = wanted?.addresses.length === 0 ? { ...wanted, addresses: [link.address] } : wanted;
  if (changeThroughHolder(link, ACTION, (holder) => holder.setFilter(complete)))
    return { throughHolder: true, remembered: true };
  const purpose = { action: ACTION, object: link.name };
  withTemporaryQueue(link, { action: ACTION }, ({ fd }) => applyFilter(fd, complete, purpose));
  const { owner, group } = link.tun ?? {};
  const remembered = storeFilterRecord({ ifindex: link.index, owner, group }, complete);
  return { throughHolder: false, remembered };
}

/** Sets `filter` on a queue of the device. The queue may be detached. */
export function applyFilter(fd: number, filter: AddressFilter | undefined, purpose: Purpose): void {
  if (filter === undefined) {
    setTunFilter(fd, [], false, purpose);
    return;
  }
  // Broadcast is the last, so that it takes no place from another: the kernel hashes groups beyond its places.
  const addresses = [...filter.addresses, BROADCAST].map(parseMacAddress);
  setTunFilter(fd, addresses, filter.allMulticast === true, purpose);
}

/** A filter with every address once, in the kernel's form. */
export type CompleteFilter = Required<AddressFilter> & { readonly allMulticast: boolean };

/** Checks `filter`, and writes its addresses in one form. Broadcast beside others is left out, since every filter has it. */
export function completeFilter({ addresses, allMulticast = false }: AddressFilter): CompleteFilter {
  const distinct = new Set(addresses.map((address) => formatMacAddress(parseMacAddress(address))));
  if (distinct.size > 1) distinct.delete(BROADCAST);
  if (distinct.size > FILTER_ADDRESSES_MAX)
    throw new ArgumentRangeError(
      `cannot filter by ${distinct.size} addresses: at most ${FILTER_ADDRESSES_MAX} are possible`,
    );
  return { addresses: [...distinct], allMulticast };
}

/** Stores the filter in the device folder `directory`. undefined means that there is none. Throws a SystemError. */
export function writeFilterRecord(directory: string, filter: AddressFilter | undefined): void {
  writeRecordFile(directory, FILE, filter);
}

function storeFilterRecord(device: RecordedDevice, filter: AddressFilter | undefined): boolean {
  return storeRecordFile(device, FILE, filter);
}

/** Returns the filter that is stored in the device folder `directory`. Undefined if that is none, or nonsense. */
export function readFilterRecord(directory: string): CompleteFilter | undefined {
  const members = readRecordFile(directory, FILE);
  const addresses = members.get('addresses');
  if (!Array.isArray(addresses) || addresses.length === 0) return undefined;
  try {
    return completeFilter({
      addresses: addresses.map(String),
      allMulticast: members.get('allMulticast') === true,
    });
  } catch (error) {
    if (error instanceof ArgumentTypeError || error instanceof ArgumentRangeError) return undefined;
    throw error;
  }
}
