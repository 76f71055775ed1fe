import { type Capability, hasCapability, isInUserNamespace } from './process-status.js';

/**
 * Returns what root can do where it lacks a capability: in a container, or in a user namespace. undefined for other users, and for a
 * root that lacks nothing.
 */
export function restrictedRootHint(capability: Capability): string | undefined {
  if (process.geteuid?.() !== 0) return undefined;
  if (!hasCapability(capability))
    return `this root lacks CAP_${capability}; in a container: --cap-add ${capability}`;
  return isInUserNamespace()
    ? 'root of a user namespace changes only what belongs to that namespace: run as root outside of it, or in a network namespace of its own: unshare -rn'
    : undefined;
}

/** What root needs for the folder of a device that belongs to another user. */
const FOLDER_CAPABILITIES: readonly Capability[] = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER'];
/** What root needs for a file of another user. */
const FILE_CAPABILITIES: readonly Capability[] = ['DAC_OVERRIDE', 'FOWNER'];

/** Returns which capabilities root lacks for the folder of a device that belongs to another user. undefined if it lacks none. */
export function folderCapabilitiesHint(): string | undefined {
  return lackingHint(FOLDER_CAPABILITIES, 'the folder of a device with an owner or a group takes');
}

/** As `folderCapabilitiesHint`, for a file of another user. */
export function fileCapabilitiesHint(): string | undefined {
  return lackingHint(FILE_CAPABILITIES, 'files of other users take');
}

/** Root is refused by mount options and attributes of files (lsattr), too. */
function lackingHint(capabilities: readonly Capability[], use: string): string | undefined {
  if (process.geteuid?.() !== 0) return undefined;
  const lacking = capabilities.filter((name) => !hasCapability(name)).map((name) => `CAP_${name}`);
  return lacking.length === 0 ? undefined : `this root lacks ${lacking.join(', ')}, which ${use}`;
}

/** Returns what a user can do who may not change devices. */
export function administrationHint(): string {
  return restrictedRootHint('NET_ADMIN') ?? 'run as root, or grant CAP_NET_ADMIN';
}
