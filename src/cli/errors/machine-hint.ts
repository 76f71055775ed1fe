import type { UnavailableError } from '../../errors.js';

/** How to get what this machine lacks. */
export function machineRemedy({ facility, code }: UnavailableError): string {
  switch (facility) {
    case 'liburing':
      return 'install liburing: apt install liburing2 (Debian, Ubuntu), dnf install liburing (Fedora), zypper install liburing2 (SUSE)';
    case 'io_uring-memory':
      return 'raise the locked-memory limit (ulimit -l, RLIMIT_MEMLOCK)';
    case 'io_uring':
      return 'io_uring is switched off here: look at sysctl kernel.io_uring_disabled and at seccomp';
    case 'tun':
      return code === 'ENOENT'
        ? 'load the driver: modprobe tun, or in a container --device /dev/net/tun'
        : 'load the driver: modprobe tun';
    case 'zstd':
      return 'use Node 22.15 or later, or write a file whose name ends in .gz';
    case 'libpcap':
      return 'install libpcap: apt install libpcap0.8 (Debian 12; since Debian 13 and Ubuntu 24.04 libpcap0.8t64), dnf install libpcap (Fedora), zypper install libpcap1 (SUSE)';
  }
}
