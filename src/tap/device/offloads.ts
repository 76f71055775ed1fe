import type { SystemError } from '../../errors.js';
import type { Link } from '../../netlink/link.js';
import { isSystemError, systemError } from '../../sys/errno.js';
import { readFeatures } from '../../sys/ethtool.js';
import type { Purpose } from '../../sys/libc.js';
import {
  setTunOffload,
  TUN_F_CSUM,
  TUN_F_TSO_ECN,
  TUN_F_TSO4,
  TUN_F_TSO6,
  TUN_F_USO4,
  TUN_F_USO6,
} from '../../sys/tun.js';
import { changeThroughHolder } from '../lease/holder-client.js';
import type { TapDescriptor } from '../link/tap-descriptor.js';
import { findTap } from '../link/tap-link.js';
import { withTemporaryQueue } from '../link/temporary-queue.js';

const SYSCALL = 'ioctl(TUNSETOFFLOAD)';

/** rtap's word for an offload, its flags for TUNSETOFFLOAD, and ethtool's name for what these switch on. */
const TABLE = [
  ['csum', TUN_F_CSUM, 'tx-checksum-ip-generic'],
  ['tso4', TUN_F_TSO4, 'tx-tcp-segmentation'],
  ['tso6', TUN_F_TSO6, 'tx-tcp6-segmentation'],
  ['ecn', TUN_F_TSO_ECN, 'tx-tcp-ecn-segmentation'],
  // Since Linux 6.2. The kernel takes both flags or none.
  ['uso', TUN_F_USO4 | TUN_F_USO6, 'tx-udp-segmentation'],
] as const;

/**
 * What the kernel may leave unfinished in the frames that it hands to a device's reader: `csum` the checksums of TCP
 * and UDP, `tso4` and `tso6` the segmentation of TCP over IPv4 and IPv6, `ecn` that of TCP with ECN, `uso` the
 * segmentation of UDP.
 */
export type Offload = (typeof TABLE)[number][0];

/** Every offload, in the order in which they are shown. */
export const OFFLOADS: readonly Offload[] = TABLE.map(([offload]) => offload);

/** The offloads of a new device unless its maker names others. */
export const OFFLOADS_DEFAULT: readonly Offload[] = ['csum', 'tso4', 'tso6', 'ecn'];

/**
 * Returns `wanted` and the offloads without which the kernel refuses it. Every offload needs `csum`. `ecn` without a
 * tso gets `tso4` and `tso6`: it says how TCP is segmented, and not that it is.
 */
export function completeOffloads(wanted: Iterable<Offload>): Offload[] {
  const complete = new Set(wanted);
  if (complete.has('ecn') && !complete.has('tso4') && !complete.has('tso6')) complete.add('tso4').add('tso6');
  if (complete.size > 0) complete.add('csum');
  return OFFLOADS.filter((offload) => complete.has(offload));
}

/** The offloads that are on for the device `name`, as the kernel says by ethtool's ioctl. */
export function readOffloads(name: string): Offload[] {
  const features = readFeatures(name);
  return TABLE.filter(([, , feature]) => features.get(feature) === true).map(([offload]) => offload);
}

/**
 * Sets the offloads of a TAP to `wanted`, as `completeOffloads` completes it. Returns those that are on then. Frames
 * that already wait in a queue stay as they are. If the device has a holder, the holder sets them. Otherwise this
 * attaches a temporary queue.
 *
 * Throws a SystemError, and leaves the device as it was: EINVAL when this kernel does not know one of them, or when
 * the device's users read no virtio-net header. EOPNOTSUPP when the kernel leaves one off. EBUSY when a single-queue
 * device is in use. EPERM without the right to attach. EACCES when the holder does not lend to this user. ENODEV when
 * there is no such device.
 *
 * @param device its name, or the link as `Links` describes it
 */
export function changeOffloads(device: Link | string, wanted: Iterable<Offload>): Offload[] {
  const complete = completeOffloads(wanted);
  const action = 'change';
  const link = typeof device === 'string' ? findTap(device, action) : device;
  if (changeThroughHolder(link, action, (holder) => holder.setOffloads(complete))) return complete;
  // When no process is attached, this queue decides whether frames carry the header.
  const header = complete.length > 0 ? { vnetHeader: true } : {};
  withTemporaryQueue(link, { action, ...header }, (queue) => {
    setOffloads(queue, complete, { action, object: link.name });
  });
  return complete;
}

/**
 * As `changeOffloads`, on a queue of the device `purpose.object`. The queue may be detached. A device is left as it was, unless it is
 * `fresh` and goes anyway when this throws.
 */
export function setOffloads(
  queue: Pick<TapDescriptor, 'fd' | 'headerBytes'>,
  wanted: Iterable<Offload>,
  { fresh = false, ...purpose }: Purpose & { readonly fresh?: boolean },
): void {
  const complete = completeOffloads(wanted);
  if (queue.headerBytes === 0 && complete.length > 0) throw headerMissing(purpose);
  const before = fresh ? [] : readOffloads(purpose.object);
  const attempt = (offloads: readonly Offload[]) => attemptOffloads(queue.fd, offloads, purpose);
  if (!attempt(complete)) {
    const unknown = findUnknown(complete, attempt);
    attempt(before);
    throw unknownOffload(purpose, `this kernel does not know the offload ${unknown.join(', ')}`);
  }
  const on = readOffloads(purpose.object);
  const off = complete.filter((offload) => !on.includes(offload));
  if (off.length === 0) return;
  attempt(before);
  const detail = `the kernel leaves the offload ${off.join(', ')} off`;
  throw systemError({ ...purpose, code: 'EOPNOTSUPP', syscall: SYSCALL, detail, reason: 'offload-left-off' });
}

/**
 * As `setOffloads`, for words from another process. Throws a SystemError with EINVAL for a word that is no offload.
 */
export function setOffloadsByName(
  queue: Pick<TapDescriptor, 'fd' | 'headerBytes'>,
  words: readonly string[],
  purpose: Purpose,
): void {
  const strange = words.find((word) => !OFFLOADS.some((offload) => offload === word));
  if (strange !== undefined)
    throw unknownOffload(purpose, `this version of rtap does not know the offload ${strange}`);
  setOffloads(
    queue,
    OFFLOADS.filter((offload) => words.includes(offload)),
    purpose,
  );
}

/**
 * Finds the offloads of `wanted` that the kernel refuses even alone. If it takes each of them alone, returns all of
 * `wanted`.
 *
 * @param attempt asks the kernel, and returns whether it took them
 */
export function findUnknown(
  wanted: readonly Offload[],
  attempt: (offloads: readonly Offload[]) => boolean,
): readonly Offload[] {
  const unknown = wanted.filter((offload) => !attempt(completeOffloads([offload])));
  // Every other offload needs csum, so each is refused without it.
  if (unknown.includes('csum')) return ['csum'];
  return unknown.length === 0 ? wanted : unknown;
}

/** Returns false when the kernel does not know one of them. */
function attemptOffloads(fd: number, offloads: readonly Offload[], purpose: Purpose): boolean {
  const flags = TABLE.filter(([offload]) => offloads.includes(offload)).reduce(
    (all, [, flag]) => all | flag,
    0,
  );
  try {
    setTunOffload(fd, flags, purpose);
    return true;
  } catch (error) {
    if (isSystemError(error, 'EINVAL')) return false;
    throw error;
  }
}

function headerMissing(purpose: Purpose): SystemError {
  const detail = 'its frames have no virtio-net header, which offloads need';
  return systemError({ ...purpose, code: 'EINVAL', syscall: SYSCALL, detail, reason: 'header-missing' });
}

function unknownOffload(purpose: Purpose, detail: string): SystemError {
  return systemError({ ...purpose, code: 'EINVAL', syscall: SYSCALL, detail, reason: 'offload-unknown' });
}
