import type { UnavailableError } from '../../errors.js';
import { ioUringRemedy } from './io-uring-remedy.js';

/** How to let the kernel lock more memory. */
export const LOCKED_MEMORY =
  'raise the limit of locked memory (RLIMIT_MEMLOCK): ulimit -l unlimited as root, or LimitMEMLOCK=infinity in a unit';

/** Returns how to get what this machine lacks. */
export function machineRemedy(error: UnavailableError): string {
  const { facility, code } = error;
  switch (facility) {
    case 'liburing':
      return 'install liburing: apt install liburing2 (Debian, Ubuntu), dnf install liburing (Fedora), zypper install liburing2 (SUSE)';
    case 'io_uring-memory':
      return LOCKED_MEMORY;
    case 'io_uring':
      return ioUringRemedy(error);
    case 'tun':
      return code === 'ENOENT'
        ? 'load the driver: modprobe tun; in a container: --device /dev/net/tun'
        : 'load the driver: modprobe tun';
    case 'bpf':
      return 'use a kernel with CONFIG_BPF_SYSCALL';
    case 'zstd':
      return 'use Node 22.15 or later, or write a file whose name ends in .gz';
    case 'libpcap':
      return 'install libpcap: apt install libpcap0.8 (Debian 12; since Debian 13 and Ubuntu 24.04 libpcap0.8t64), dnf install libpcap (Fedora), zypper install libpcap1 (SUSE)';
  }
}
