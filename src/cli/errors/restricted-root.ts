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

/** Returns what a user can do who may not change devices. */
export function administrationHint(): string {
  return restrictedRootHint('NET_ADMIN') ?? 'run as root, or grant CAP_NET_ADMIN';
}
