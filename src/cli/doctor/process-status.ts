import { readFileSync } from 'node:fs';

// Source: include/uapi/linux/capability.h
const CAP_NET_ADMIN = 12;
/** `Seccomp:` in /proc/PID/status of a process under a filter. Source: include/uapi/linux/seccomp.h. */
const SECCOMP_MODE_FILTER = 2;

function statusField(name: string): string {
  const text = readFileSync('/proc/self/status', 'latin1');
  return new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(text)?.[1] ?? '';
}

/** Whether this process has CAP_NET_ADMIN in effect. */
export function hasNetAdmin(): boolean {
  return ((BigInt(`0x${statusField('CapEff') || '0'}`) >> BigInt(CAP_NET_ADMIN)) & 1n) === 1n;
}

/** Whether a seccomp filter is on this process, as container engines set one. */
export function isSeccompFiltered(): boolean {
  return Number(statusField('Seccomp')) === SECCOMP_MODE_FILTER;
}

/** The value of a sysctl; '' for one that this kernel does not have. */
export function sysctl(name: string): string {
  try {
    return readFileSync(`/proc/sys/${name.replaceAll('.', '/')}`, 'latin1').trim();
  } catch {
    return '';
  }
}
