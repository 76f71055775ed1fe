import { SystemError } from '../../errors.js';
import { Links } from '../../netlink/links.js';
import { deleteDevice } from '../../tap/device/device-removal.js';
import { removeNamespaceDirectory, removeStaleDirectories } from '../../tap/device/leftovers.js';
import { releaseDevice } from '../../tap/lease/holder-client.js';
import { findNamespacePath, withinNamedNamespace } from '../../tap/link/network-namespace.js';
import type { AttachmentRecord, AttachmentRecords } from './attachment-record.js';
import { CniError, cniErrorOf, INCOMPATIBLE_VERSION } from './cni-error.js';
import type { Attachment } from './invocation.js';
import type { IpamPlugin } from './ipam-plugin.js';

/** What is to be removed. */
export interface Removal {
  readonly attachment: Attachment;
  /** The path of the container's network namespace. '' if the runtime gave none. */
  readonly netns: string;
  readonly records: AttachmentRecords;
  readonly ipam: IpamPlugin | undefined;
}

/**
 * Removes what ADD made for `attachment`, whether all of it, a part or nothing is there. An error does not end the removal. Returns
 * the errors. If there are any, the record stays for the next DEL or GC.
 */
export function removeAttachment({ attachment, netns, records, ipam }: Removal): CniError[] {
  const { containerId, ifname } = attachment;
  const record = records.find(attachment);
  const environment = { CNI_CONTAINERID: containerId, CNI_IFNAME: ifname, CNI_NETNS: netns };
  const errors = collectErrors(
    () => record === undefined || removeDevice(record, netns),
    () => releaseAddresses(ipam, environment, record),
  );
  if (errors.length === 0) records.remove(attachment);
  return errors;
}

/** Without a record, an IPAM plugin that does not speak the version has nothing to give back: ADD failed, or there was none. */
function releaseAddresses(
  ipam: IpamPlugin | undefined,
  environment: NodeJS.ProcessEnv,
  record: AttachmentRecord | undefined,
): void {
  try {
    ipam?.run('DEL', environment);
  } catch (error) {
    if (record !== undefined || !refusesVersion(error)) throw error;
  }
}

/** Whether the error of the IPAM plugin says that it does not speak the version of the configuration. It has reserved nothing then. */
export function refusesVersion(error: unknown): boolean {
  return error instanceof CniError && error.code === INCOMPATIBLE_VERSION;
}

/** Runs each of `steps`, also after one that throws. Returns what they threw. Throws on a fault of the program. */
export function collectErrors(...steps: readonly (() => unknown)[]): CniError[] {
  return steps.flatMap((step) => {
    try {
      step();
      return [];
    } catch (error) {
      const cniError = cniErrorOf(error);
      if (cniError === undefined) throw error;
      return [cniError];
    }
  });
}

/**
 * Removes the device of `record` and what rtap stores of it. `given` is a path of its network namespace, or ''. If neither that nor
 * another path leads to the namespace, it is gone with its devices.
 */
export function removeDevice({ namespace, netns, ifindex }: AttachmentRecord, given = ''): void {
  const path = findNamespacePath(namespace, [given, netns]);
  if (path === undefined) removeNamespaceDirectory(namespace.cookie);
  else
    withinNamedNamespace(path, () => {
      if (ifindex !== undefined) removeTap(ifindex);
      removeStaleDirectories();
    });
}

/** Removes only a TAP: if the device is gone, an interface that was created with this index can have taken its place. */
function removeTap(ifindex: number): void {
  using links = Links.open();
  const link = links.byIndex(ifindex);
  if (link?.tun?.type !== 'tap') return;
  try {
    releaseDevice(link);
  } catch (error) {
    // The device has no holder, or one that does not answer. Such a holder ends when its device is gone.
    if (!(error instanceof SystemError)) throw error;
  }
  deleteDevice(link.name, { missingOk: true });
}
