import { SystemError } from '../errors.js';
import type { Link } from '../netlink/link.js';
import { Links } from '../netlink/links.js';
import { errnoOf } from '../sys/errno.js';
import { setTunGroup, setTunOwner } from '../sys/tun.js';
import { applySettings, type CreationOptions, describeKind, QUEUES_DEFAULT } from './device-creation.js';
import { readDeviceRecord, writeDeviceRecord } from './device-record.js';
import { setPersistent } from './device-removal.js';
import { assertNamePattern } from './interface-name.js';
import { changeOffloads, completeOffloads, type Offload, readOffloads } from './offloads.js';
import { withPassingQueue } from './passing-queue.js';
import { openDeviceDirectory } from './runtime-directory.js';

/**
 * Brings an existing multi-queue TAP called `name` to `options`; undefined, and nothing done, where there is none.
 * Throws a SystemError with EEXIST where the name belongs to something else.
 */
export function reconcileDevice(name: string, options: CreationOptions): Link | undefined {
  assertNamePattern(name);
  using links = Links.open();
  const link = name.includes('%') ? undefined : links.byName(name);
  if (link === undefined) return undefined;
  if (link.tun?.type !== 'tap' || !link.tun.multiQueue) {
    const facts = { errno: errnoOf('EEXIST'), code: 'EEXIST', syscall: 'RTM_GETLINK' };
    throw new SystemError(`cannot create "${name}": it exists already as ${describeKind(link)}`, facts);
  }
  applySettings(links, link.index, options);
  if (options.offloads !== undefined) ensureOffloads(link, options.offloads);
  setOwnership(link, options);
  const { owner = link.tun.owner, group = link.tun.group } = options;
  const directory = openDeviceDirectory(link.index, { owner, group });
  const queues = options.queueCount ?? readDeviceRecord(link.index)?.queues ?? QUEUES_DEFAULT;
  if (directory !== undefined) writeDeviceRecord(directory, { queues });
  return links.byIndex(link.index);
}

/** Keeps an existing device, and says whether it had to be done. */
export function ensurePersistent(link: Link): void {
  if (link.tun?.persist !== true) setPersistent(link, true);
}

/** A queue attached in passing costs the device's users frames: only where there is something to change. */
function ensureOffloads(link: Link, wanted: readonly Offload[]): void {
  const complete = completeOffloads(wanted);
  const described = complete.length === 0 || link.tun?.vnetHeader === true;
  if (!described || complete.join() !== readOffloads(link.name).join()) changeOffloads(link, complete);
}

function setOwnership(link: Link, options: CreationOptions): void {
  const { owner, group } = options;
  const ownerDiffers = owner !== undefined && owner !== link.tun?.owner;
  const groupDiffers = group !== undefined && group !== link.tun?.group;
  if (!ownerDiffers && !groupDiffers) return;
  const purpose = { action: 'change', object: link.name };
  withPassingQueue(link, purpose, ({ fd }) => {
    if (ownerDiffers) setTunOwner(fd, owner, purpose);
    if (groupDiffers) setTunGroup(fd, group, purpose);
  });
}
