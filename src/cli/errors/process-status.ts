import { readFileSync } from 'node:fs';

/** A capability that rtap can lack. */
export type Capability = 'CHOWN' | 'DAC_OVERRIDE' | 'FOWNER' | 'NET_ADMIN' | 'SYS_ADMIN';

// Source: include/uapi/linux/capability.h
const CAPABILITY_BITS: Readonly<Record<Capability, bigint>> = {
  CHOWN: 0n,
  DAC_OVERRIDE: 1n,
  FOWNER: 3n,
  NET_ADMIN: 12n,
  SYS_ADMIN: 21n,
};
/** The value of `Seccomp:` in /proc/PID/status for a process with a filter. Source: include/uapi/linux/seccomp.h. */
const SECCOMP_MODE_FILTER = 2;
/** The first line of uid_map outside of user namespaces. */
const ALL_USERS = /^\s*0\s+0\s+4294967295$/m;

function statusField(name: string): string {
  return new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(readText('/proc/self/status'))?.[1] ?? '';
}

/** Whether a capability is among the effective ones of this process. */
export function hasCapability(name: Capability): boolean {
  return ((BigInt(`0x${statusField('CapEff') || '0'}`) >> CAPABILITY_BITS[name]) & 1n) === 1n;
}

/** Whether this process has a seccomp filter, as processes in containers have. */
export function isSeccompFiltered(): boolean {
  return Number(statusField('Seccomp')) === SECCOMP_MODE_FILTER;
}

/** Whether this process is in a user namespace, where root is root only of what belongs to that namespace. */
export function isInUserNamespace(): boolean {
  const map = readText('/proc/self/uid_map');
  return map !== '' && !ALL_USERS.test(map);
}

/** The value of a sysctl; '' if this kernel does not have it. */
export function sysctl(name: string): string {
  return readText(`/proc/sys/${name.replaceAll('.', '/')}`).trim();
}

/** The text of a file of /proc; '' if there is none. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
