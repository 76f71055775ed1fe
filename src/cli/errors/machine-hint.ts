import type { UnavailableError } from '../../errors.js';

/** Returns how to get what this machine lacks. */
export function machineRemedy({ facility, code }: UnavailableError): string {
  switch (facility) {
    case 'liburing':
      return 'install liburing: apt install liburing2 (Debian, Ubuntu), dnf install liburing (Fedora), zypper install liburing2 (SUSE)';
    case 'io_uring-memory':
      return 'raise the limit of locked memory (RLIMIT_MEMLOCK): ulimit -l unlimited';
    case 'io_uring':
      return 'allow io_uring: sysctl -w kernel.io_uring_disabled=0; in a container, allow it in the seccomp profile too';
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
