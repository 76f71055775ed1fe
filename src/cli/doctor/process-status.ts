import { readFileSync } from 'node:fs';

// Source: include/uapi/linux/capability.h
const CAP_NET_ADMIN = 12;
/** The value of `Seccomp:` in /proc/PID/status for a process with a filter. Source: include/uapi/linux/seccomp.h. */
const SECCOMP_MODE_FILTER = 2;

function statusField(name: string): string {
  const text = readFileSync('/proc/self/status', 'latin1');
  return new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(text)?.[1] ?? '';
}

/** Whether CAP_NET_ADMIN is among the effective capabilities of this process. */
export function hasNetAdmin(): boolean {
  return ((BigInt(`0x${statusField('CapEff') || '0'}`) >> BigInt(CAP_NET_ADMIN)) & 1n) === 1n;
}

/** Whether this process has a seccomp filter, as processes in containers have. */
export function isSeccompFiltered(): boolean {
  return Number(statusField('Seccomp')) === SECCOMP_MODE_FILTER;
}

/** The value of a sysctl; '' if this kernel does not have it. */
export function sysctl(name: string): string {
  try {
    return readFileSync(`/proc/sys/${name.replaceAll('.', '/')}`, 'latin1').trim();
  } catch {
    return '';
  }
}
