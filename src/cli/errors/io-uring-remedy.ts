import type { SystemError } from '../../errors.js';
import { isSeccompFiltered, sysctl } from './process-status.js';

/** What this machine says about io_uring. */
export interface RingStatus {
  /** Whether this process has a seccomp filter. */
  readonly filtered: boolean;
  /** The sysctl kernel.io_uring_disabled; '' before Linux 6.6. */
  readonly disabled: string;
}

const PROFILE =
  'allow io_uring_setup, io_uring_enter and io_uring_register in the seccomp profile; in Docker and Podman: --security-opt seccomp=PROFILE';

/** Returns how to get io_uring, which the kernel or a filter refused with `error`. */
export function ioUringRemedy(
  { code, reason }: Pick<SystemError, 'code' | 'reason'>,
  status: RingStatus = readStatus(),
): string {
  if (reason === 'call-filtered') return PROFILE;
  const { filtered, disabled } = status;
  if (code === 'EPERM' && disabled === '2')
    return 'switch io_uring on: sysctl -w kernel.io_uring_disabled=0 (now 2)';
  if (code === 'EPERM' && disabled === '1')
    return 'switch io_uring on: sysctl -w kernel.io_uring_disabled=0 (now 1), or add this user to the group that kernel.io_uring_group names, or run as root';
  if (filtered) return `this process has a seccomp filter: ${PROFILE}`;
  return code === 'ENOSYS'
    ? 'use a kernel with CONFIG_IO_URING, 5.6 or newer'
    : 'allow io_uring in the security module of this machine (SELinux, AppArmor)';
}

function readStatus(): RingStatus {
  return { filtered: isSeccompFiltered(), disabled: sysctl('kernel.io_uring_disabled') };
}
