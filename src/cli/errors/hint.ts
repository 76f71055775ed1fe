import { MalformedError, NetlinkError, SystemError, UnavailableError } from '../../errors.js';
import { holderHint, refusedRequestHint } from './holder-hint.js';
import { machineRemedy } from './machine-hint.js';
import { HintedError } from './usage-error.js';

const DOCTOR = 'rtap doctor tells what this machine can';
const NAMESPACES =
  'ip netns list names those that have a name; the id of a process, or a path, is taken, too';

/** What a user can do about `error`, in one line; undefined where nothing better than the message is known. */
export function hintFor(error: unknown): string | undefined {
  if (error instanceof UnavailableError) return `${machineRemedy(error)}; ${DOCTOR}`;
  if (error instanceof NetlinkError) return netlinkHint(error);
  if (error instanceof SystemError) return holderHint(error) ?? reasonHint(error) ?? callHint(error);
  if (error instanceof HintedError) return error.hint;
  if (error instanceof MalformedError) return captureHint(error);
  return undefined;
}

function captureHint({ reason }: MalformedError): string | undefined {
  return reason === 'link-type'
    ? 'captures of Ethernet are read, and without --no-convert those of Linux cooked, raw IP and loopback packets'
    : undefined;
}

function netlinkHint(error: NetlinkError): string | undefined {
  if (error.code === 'EPERM') return 'run as root, or grant CAP_NET_ADMIN';
  return undefined;
}

function reasonHint(error: SystemError): string | undefined {
  switch (error.reason) {
    case 'namespace-unreachable':
      return namespaceHint(error);
    case 'id-not-mapped':
      return mappingHint(error);
    case 'device-moved':
      return `--netns NAME|PID|PATH, for the one that it is in now, finds it again; ${NAMESPACES}`;
    case 'device-exists':
      return 'choose another name, remove it with rtap delete, or use --exist-ok';
    case 'device-down':
      return `${error.object} is down: rtap up ${error.object}`;
    case 'runtime-directory-denied':
      return 'run as root, or let RTAP_RUNTIME_DIR name a folder that this user may write';
    case 'header-missing':
      return 'end the program that holds it, or have it attach with IFF_VNET_HDR';
    case 'offload-unknown':
      return 'leave it out; uso takes Linux 6.2';
    default:
      return undefined;
  }
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

/** By what was called, where that alone tells what can be done. */
function callHint(error: SystemError): string | undefined {
  switch (error.syscall) {
    case 'holder':
      return refusedRequestHint(error);
    case 'listen':
      return listenHint(error);
    case 'ioctl(TUNSETOFFLOAD)':
      return offloadHint(error);
    case 'ioctl(TUNGETVNETHDRSZ)':
      return 'rtap delete and rtap create make a device anew, with a header of 10 bytes';
    default:
      return codeHint(error);
  }
}

function listenHint({ code, object }: SystemError): string | undefined {
  if (object?.startsWith('unix:') === true) return undefined;
  if (code === 'EADDRINUSE') return 'ss -ltnp tells by which program; port 0 takes a free one';
  return code === 'EACCES' ? 'take a port from 1024 on, or run as root' : undefined;
}

function offloadHint({ code, object }: SystemError): string | undefined {
  return code === 'EOPNOTSUPP'
    ? `tso and uso need scatter-gather (ethtool -K ${object} sg on); ethtool -k ${object} tells what is on`
    : undefined;
}

function codeHint(error: SystemError): string | undefined {
  switch (error.code) {
    case 'EPERM':
    case 'EACCES':
      return permissionHint(error);
    case 'ENODEV':
      return 'rtap list shows the TAP devices of this network namespace';
    case 'EEXIST':
      return 'choose another name';
    case 'EBUSY':
      return error.syscall === 'ioctl(TUNSETIFF)'
        ? 'a single-queue device has room for one process: rtap show tells which'
        : 'rtap show tells which';
    case 'ENOSPC':
      return error.object === 'standard output'
        ? 'make room where it goes to: the end of what was written may be cut'
        : 'make room: what was written is whole up to the last packet';
    default:
      return undefined;
  }
}

function permissionHint({ syscall }: SystemError): string {
  if (syscall === 'open(/dev/net/tun)')
    return 'run as root, or let this user open /dev/net/tun (chmod 666, or a udev rule)';
  if (syscall === 'access' || syscall.startsWith('mkdir')) return "run as root, or as the device's owner";
  return syscall === 'ioctl(TUNSETIFF)'
    ? 'run as root, grant CAP_NET_ADMIN, or have the device made with --owner for this user'
    : 'run as root, or grant CAP_NET_ADMIN';
}
