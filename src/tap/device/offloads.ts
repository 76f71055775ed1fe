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
import { withPassingQueue } from '../link/temporary-queue.js';

const SYSCALL = 'ioctl(TUNSETOFFLOAD)';

/** By rtap's words: the flags of TUNSETOFFLOAD, and ethtool's name for what they switch on. */
const TABLE = [
  ['csum', TUN_F_CSUM, 'tx-checksum-ip-generic'],
  ['tso4', TUN_F_TSO4, 'tx-tcp-segmentation'],
  ['tso6', TUN_F_TSO6, 'tx-tcp6-segmentation'],
  ['ecn', TUN_F_TSO_ECN, 'tx-tcp-ecn-segmentation'],
  // Linux 6.2, which takes both flags or none.
  ['uso', TUN_F_USO4 | TUN_F_USO6, 'tx-udp-segmentation'],
] as const;

/**
 * What the kernel may leave unfinished in the frames that it hands to a device's reader: `csum` the checksum of TCP and
 * UDP, `tso4` and `tso6` the cutting of TCP over IPv4 and IPv6, `ecn` that of TCP with ECN, `uso` the cutting of UDP.
 */
export type Offload = (typeof TABLE)[number][0];

/** Every offload, in the order in which they are shown. */
export const OFFLOADS: readonly Offload[] = TABLE.map(([offload]) => offload);

/** What a device gets unless told otherwise. */
export const OFFLOADS_DEFAULT: readonly Offload[] = ['csum', 'tso4', 'tso6', 'ecn'];

/**
 * `wanted` with what the kernel does not take it without: anything brings `csum`, and `ecn` alone brings `tso4` and
 * `tso6`, since it says how TCP is cut, and not whether.
 */
export function completeOffloads(wanted: Iterable<Offload>): Offload[] {
  const complete = new Set(wanted);
  if (complete.has('ecn') && !complete.has('tso4') && !complete.has('tso6')) complete.add('tso4').add('tso6');
  if (complete.size > 0) complete.add('csum');
  return OFFLOADS.filter((offload) => complete.has(offload));
}

/** The offloads that are on for the device `name`, by the kernel's word (ethtool's ioctl). */
export function readOffloads(name: string): Offload[] {
  const features = readFeatures(name);
  return TABLE.filter(([, , feature]) => features.get(feature) === true).map(([offload]) => offload);
}

/**
 * Sets the offloads of the TAP `device`, by its name or as `Links` describes it, to `wanted`, completed, whoever holds
 * it; returns those that are on then. Frames that wait in a queue stay as they are. Without a holder of rtap a queue is
 * attached for it in passing, which `onPassingQueue` is told before.
 *
 * Throws a SystemError, and leaves the device as it was: EINVAL where this kernel does not know one of them, which is
 * named, or where the processes that hold the device read no virtio-net header, EOPNOTSUPP where the kernel leaves one
 * off, EBUSY where a single-queue device is in use, EPERM without the right to attach, EACCES where its holder does not lend
 * to this user, ENODEV where there is no device of that name.
 */
export function changeOffloads(
  device: Link | string,
  wanted: Iterable<Offload>,
  { onPassingQueue = () => {} }: { readonly onPassingQueue?: () => void } = {},
): Offload[] {
  const complete = completeOffloads(wanted);
  const action = 'change';
  const link = typeof device === 'string' ? findTap(device, action) : device;
  if (changeThroughHolder(link, action, (holder) => holder.setOffloads(complete))) return complete;
  onPassingQueue();
  // Where nobody is attached, this queue decides whether frames carry the header.
  const header = complete.length > 0 ? { vnetHeader: true } : {};
  withPassingQueue(link, { action, ...header }, (queue) => {
    setOffloads(queue, complete, { action, object: link.name });
  });
  return complete;
}

/** As `changeOffloads`, by a queue of the device `purpose.object`; it may be detached. */
export function setOffloads(
  queue: Pick<TapDescriptor, 'fd' | 'headerBytes'>,
  wanted: Iterable<Offload>,
  purpose: Purpose,
): void {
  const complete = completeOffloads(wanted);
  if (queue.headerBytes === 0 && complete.length > 0) throw headerMissing(purpose);
  const before = readOffloads(purpose.object);
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

/** As `setOffloads`, for words from outside: EINVAL for one that is none. */
export function setOffloadsByName(
  queue: Pick<TapDescriptor, 'fd' | 'headerBytes'>,
  words: readonly string[],
  purpose: Purpose,
): void {
  const strange = words.find((word) => !OFFLOADS.some((offload) => offload === word));
  if (strange !== undefined) throw unknownOffload(purpose, `this rtap does not know the offload ${strange}`);
  setOffloads(
    queue,
    OFFLOADS.filter((offload) => words.includes(offload)),
    purpose,
  );
}

/**
 * Those of `wanted` that the kernel does not take even alone, by `attempt`, which asks it; all of `wanted` where it is
 * none of them alone.
 */
export function findUnknown(
  wanted: readonly Offload[],
  attempt: (offloads: readonly Offload[]) => boolean,
): readonly Offload[] {
  const unknown = wanted.filter((offload) => !attempt(completeOffloads([offload])));
  // Without csum there is nothing else.
  if (unknown.includes('csum')) return ['csum'];
  return unknown.length === 0 ? wanted : unknown;
}

/** False where the kernel does not know one of them. */
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
  const detail = 'its frames carry no virtio-net header, which says what is unfinished in them';
  return systemError({ ...purpose, code: 'EINVAL', syscall: SYSCALL, detail, reason: 'header-missing' });
}

function unknownOffload(purpose: Purpose, detail: string): SystemError {
  return systemError({ ...purpose, code: 'EINVAL', syscall: SYSCALL, detail, reason: 'offload-unknown' });
}
