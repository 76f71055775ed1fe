import type { Link } from '../../netlink/link.js';
import { Links } from '../../netlink/links.js';
import { systemError } from '../../sys/errno.js';
import { changeThroughHolder } from '../lease/holder-client.js';
import { setDeviceOwner } from '../link/device-owner.js';
import { assertNamePattern } from '../link/interface-name.js';
import { withPassingQueue } from '../link/temporary-queue.js';
import { readDeviceRecord, writeDeviceRecord } from '../state/device-record.js';
import { openDeviceDirectory } from '../state/runtime-directory.js';
import { applySettings, type CreationOptions, describeKind, QUEUES_DEFAULT } from './device-creation.js';
import { setPersistent } from './device-removal.js';
import { changeOffloads, completeOffloads, type Offload, readOffloads } from './offloads.js';

/**
 * The multi-queue TAP called `name`; undefined where there is none. Throws a SystemError with EEXIST where the name
 * belongs to something else.
 */
export function findExisting(name: string): Link | undefined {
  assertNamePattern(name);
  using links = Links.open();
  const link = name.includes('%') ? undefined : links.byName(name);
  if (link === undefined) return undefined;
  if (link.tun?.type !== 'tap' || !link.tun.multiQueue) {
    throw systemError({
      action: 'create',
      object: name,
      code: 'EEXIST',
      syscall: 'RTM_GETLINK',
      detail: `it exists already as ${describeKind(link)}`,
      reason: 'name-taken',
    });
  }
  return link;
}

/** Brings the TAP `link` to `options`: what they do not name stays. Undefined where it was removed meanwhile. */
export function reconcileDevice(link: Link, options: CreationOptions): Link | undefined {
  using links = Links.open();
  applySettings(links, link.index, options);
  if (options.offloads !== undefined) ensureOffloads(link, options.offloads);
  setOwnership(link, options);
  const { owner = link.tun?.owner, group = link.tun?.group } = options;
  const directory = openDeviceDirectory(link.index, { owner, group });
  const record = readDeviceRecord(link.index);
  const queues = options.queueCount ?? record?.queues ?? QUEUES_DEFAULT;
  const napi = options.napi ?? record?.napi ?? false;
  if (directory !== undefined) writeDeviceRecord(directory, { queues, napi });
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
  // Its holder cannot be asked to do this, but is not gone round by whom it does not lend to.
  changeThroughHolder(link, purpose.action, () => {});
  withPassingQueue(link, purpose, ({ fd }) => setDeviceOwner(fd, { owner, group }, purpose));
}
