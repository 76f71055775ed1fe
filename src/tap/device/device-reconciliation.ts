import type { Link } from '../../netlink/link.js';
import { Links } from '../../netlink/links.js';
import { systemError } from '../../sys/errno.js';
import { changeThroughHolder } from '../lease/holder-client.js';
import { setDeviceOwner } from '../link/device-owner.js';
import { assertNamePattern } from '../link/interface-name.js';
import { withTemporaryQueue } from '../link/temporary-queue.js';
import { readDeviceRecord, writeDeviceRecord } from '../state/device-record.js';
import { QUEUES_DEFAULT } from '../state/limits.js';
import { openDeviceDirectory } from '../state/runtime-directory.js';
import { addAddresses, applySettings, type CreationOptions, describeKind } from './device-creation.js';
import { setPersistent } from './device-removal.js';
import { changeOffloads, completeOffloads, type Offload, readOffloads } from './offloads.js';

/**
 * Finds the multi-queue TAP `name`. Returns undefined when there is none. Throws a SystemError with EEXIST when
 * another kind of interface has the name.
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

/**
 * Changes the TAP `link` to what `options` name. What they do not name stays as it is. Returns the link after
 * that, or undefined when it was removed meanwhile.
 */
export function reconcileDevice(link: Link, options: CreationOptions): Link | undefined {
  using links = Links.open();
  applySettings(links, link.index, options);
  addAddresses(link, options, { presentOk: true });
  if (options.offloads !== undefined) ensureOffloads(link, options.offloads);
  setOwnership(link, options);
  const { owner = link.tun?.owner, group = link.tun?.group } = options;
  const directory = openDeviceDirectory(link.index, { owner, group });
  const record = readDeviceRecord(link.index);
  const queues = options.queueCount ?? record?.queues ?? QUEUES_DEFAULT;
  const napi = options.napi ?? record?.napi ?? false;
  if (directory !== undefined) writeDeviceRecord(directory, { ...record, queues, napi });
  return links.byIndex(link.index);
}

/** Makes the device persistent, unless it is already. */
export function ensurePersistent(link: Link): void {
  if (link.tun?.persist !== true) setPersistent(link, true);
}

/** Changes the offloads only if they differ: a temporary queue can take frames from the device's users. */
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
  // The holder has no request for this. rtap asks it nevertheless, so that a user that it refuses changes nothing.
  changeThroughHolder(link, purpose.action, () => {});
  withTemporaryQueue(link, purpose, ({ fd }) => setDeviceOwner(fd, { owner, group }, purpose));
}
