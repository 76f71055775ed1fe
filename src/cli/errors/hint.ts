import { MalformedError, NetlinkError, SystemError, UnavailableError } from '../../errors.js';
import { HintedError } from './usage-error.js';

const DOCTOR = 'rtap doctor tells what this machine can';
const NAMESPACES =
  'ip netns list names those that have a name; the id of a process, or a path, is taken, too';

/** What a user can do about `error`, in one line; undefined where nothing better than the message is known. */
export function hintFor(error: unknown): string | undefined {
  if (error instanceof UnavailableError) return unavailableHint(error);
  if (error instanceof NetlinkError) return netlinkHint(error);
  if (error instanceof SystemError) return systemHint(error);
  if (error instanceof HintedError) return error.hint;
  if (error instanceof MalformedError) return captureHint(error);
  return undefined;
}

function captureHint({ message }: MalformedError): string | undefined {
  return message.includes('its link type is ')
    ? 'captures of Ethernet are read: tcpdump -i IFACE makes one, where "-i any" makes a cooked one'
    : undefined;
}

function unavailableHint(error: UnavailableError): string {
  switch (error.facility) {
    case 'liburing':
      return `install liburing: apt install liburing2 (Debian, Ubuntu), dnf install liburing (Fedora), zypper install liburing2 (SUSE); ${DOCTOR}`;
    case 'io_uring-memory':
      return `raise the locked-memory limit (ulimit -l, RLIMIT_MEMLOCK); ${DOCTOR}`;
    case 'io_uring':
      return `io_uring is switched off here: look at sysctl kernel.io_uring_disabled and at seccomp; ${DOCTOR}`;
    case 'tun':
      return tunHint(error);
    case 'libpcap':
      return `install libpcap: apt install libpcap0.8 (Debian 12; since Debian 13 and Ubuntu 24.04 libpcap0.8t64), dnf install libpcap (Fedora), zypper install libpcap1 (SUSE); ${DOCTOR}`;
  }
}

function tunHint(error: UnavailableError): string {
  const remedy =
    error.code === 'ENOENT' ? 'modprobe tun, or in a container --device /dev/net/tun' : 'modprobe tun';
  return `load the driver: ${remedy}; ${DOCTOR}`;
}

function netlinkHint(error: NetlinkError): string | undefined {
  if (error.code === 'EPERM') return 'run as root, or grant CAP_NET_ADMIN';
  return undefined;
}

function systemHint(error: SystemError): string | undefined {
  if (error.syscall === 'holder') return holderHint(error);
  if (error.syscall === 'ioctl(TUNSETOFFLOAD)') return offloadHint(error);
  if (error.syscall === 'ioctl(TUNGETVNETHDRSZ)')
    return 'rtap delete and rtap create make a device anew, with a header of 10 bytes';
  if (error.message.startsWith('cannot enter ')) return namespaceHint(error);
  if (error.syscall === 'listen') return listenHint(error);
  if (error.message.endsWith('is not mapped in this user namespace')) return mappingHint(error);
  switch (error.code) {
    case 'EPERM':
    case 'EACCES':
      if (error.syscall === 'open(/dev/net/tun)') {
        return 'run as root, or let this user open /dev/net/tun (chmod 666, or a udev rule)';
      }
      if (error.syscall === 'runtime directory')
        return 'run as root, or let RTAP_RUNTIME_DIR name a folder that this user may write';
      if (error.syscall === 'access' || error.syscall.startsWith('mkdir'))
        return "run as root, or as the device's owner";
      return error.syscall === 'ioctl(TUNSETIFF)'
        ? 'run as root, grant CAP_NET_ADMIN, or have the device made with --owner for this user'
        : 'run as root, or grant CAP_NET_ADMIN';
    case 'ENODEV':
      if (error.message.endsWith('it moved to another network namespace'))
        return `--netns NAME|PID|PATH, for the one that it is in now, finds it again; ${NAMESPACES}`;
      return 'rtap list shows the TAP devices of this network namespace';
    case 'EEXIST':
      return error.message.endsWith('as a multi-queue TAP')
        ? 'choose another name, remove it with rtap delete, or use --exist-ok'
        : 'choose another name';
    case 'EIO':
      return `${error.object} is down: rtap up ${error.object}`;
    case 'EBUSY':
      return error.syscall === 'ioctl(TUNSETIFF)'
        ? 'a single-queue device has room for one process: rtap show tells which'
        : busyHint(error);
    case 'ENOSPC':
      return error.object === 'standard output'
        ? 'make room where it goes to: the end of what was written may be cut'
        : 'make room: what was written is whole up to the last packet';
    default:
      return undefined;
  }
}

function listenHint({ code, object }: SystemError): string | undefined {
  if (object?.startsWith('unix:') === true) return undefined;
  if (code === 'EADDRINUSE') return 'ss -ltnp tells by which program; port 0 takes a free one';
  return code === 'EACCES' ? 'take a port from 1024 on, or run as root' : undefined;
}

function mappingHint({ syscall }: SystemError): string {
  const map = syscall === 'ioctl(TUNSETGROUP)' ? 'gid_map' : 'uid_map';
  return `cat /proc/self/${map} tells which numbers are; unshare --map-auto maps more`;
}

function namespaceHint({ code }: SystemError): string {
  return code === 'EPERM' || code === 'EACCES'
    ? 'run as root: entering a network namespace takes CAP_SYS_ADMIN'
    : NAMESPACES;
}

/** What a holder of rtap refuses. */
function holderHint(error: SystemError): string | undefined {
  switch (error.code) {
    case 'EACCES':
    case 'EPERM':
      return `run as root, or as the user of the holder${groupSuffices(error) ? '; rtap hold --group lets a group borrow' : ''}`;
    case 'EBUSY':
      return busyHint(error);
    case 'ESRCH':
      return `rtap hold ${error.object} begins to hold it`;
    case 'ETIMEDOUT':
      return silenceHint(error.message);
    default:
      return undefined;
  }
}

/** Whether a group that may borrow may do what was refused: it may not end a holder. */
function groupSuffices({ code, message }: SystemError): boolean {
  return code === 'EACCES' && !/^cannot (release|take over) /.test(message);
}

function silenceHint(message: string): string {
  const [, pid] = /\(pid (\d+)\), is stopped$/.exec(message) ?? [];
  return pid === undefined
    ? 'its machine may be very busy: try again, or end it by its process id'
    : `kill -CONT ${pid} lets it go on`;
}

function offloadHint(error: SystemError): string {
  if (error.code === 'EOPNOTSUPP')
    return `tso and uso need scatter-gather (ethtool -K ${error.object} sg on); ethtool -k ${error.object} tells what is on`;
  return error.message.includes('virtio-net header')
    ? 'end the program that holds it, or have it attach with IFF_VNET_HDR'
    : 'leave it out; uso takes Linux 6.2';
}

/** Only a command that reads can compete for frames, and only a holder can be taken over. */
function busyHint({ message, object }: SystemError): string {
  if (message.startsWith('cannot hold')) {
    return message.includes('it has a holder already')
      ? `rtap hold ${object} --take-over takes everything over from it, rtap release ${object} ends it`
      : 'a holder has all queues: end who has one first, rtap show tells which';
  }
  const share = message.startsWith('cannot attach to');
  return `rtap show tells which${share ? '; with --share rx-dump and fwd attach beside it, and compete with it for frames' : ''}`;
}
