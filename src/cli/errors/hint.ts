import { NetlinkError, SystemError, UnavailableError } from '../../errors.js';
import { TXQUEUELEN_EVERYWHERE } from '../../tap/state/limits.js';
import { CommandWriter } from './command-writer.js';
import { holderHint, refusedRequestHint } from './holder-hint.js';
import { machineRemedy } from './machine-hint.js';
import {
  administrationHint,
  fileCapabilitiesHint,
  folderCapabilitiesHint,
  restrictedRootHint,
} from './restricted-root.js';
import { tunHint } from './tun-hint.js';
import { HintedError, NAME_CAPTURES } from './usage-error.js';

/** Stands in a command for the name of a device that the error does not have. */
const DEVICE = 'DEVICE';
/** How to get more processes and threads. A process of Node has up to 11 threads, and a thread of rtap is one more. */
export const PROCESS_LIMITS =
  'raise the limit of processes and threads: ulimit -u, pids.max of the cgroup, in a container --pids-limit; one process of rtap has 11 threads or more';
const NAMESPACE_FORMS = 'a name, a process id or a path; list the names: ip netns list';

/**
 * Returns what a user can do about `error`, in one line; undefined if there is nothing better than the message.
 *
 * @param commands writes the commands that the hint contains
 */
export function hintFor(error: unknown, commands = new CommandWriter()): string | undefined {
  if (error instanceof UnavailableError)
    return `${machineRemedy(error)}; check this machine: ${commands.rtap('doctor')}`;
  if (error instanceof NetlinkError) return netlinkHint(error, commands);
  if (error instanceof SystemError)
    return holderHint(error, commands) ?? reasonHint(error, commands) ?? callHint(error, commands);
  if (error instanceof HintedError) return typeof error.hint === 'string' ? error.hint : error.hint(commands);
  if (error instanceof Error && 'code' in error && (error.code === 'EMFILE' || error.code === 'ENFILE'))
    return descriptorHint(error.code);
  if (isSpawnRefusal(error)) return PROCESS_LIMITS;
  // The temporary folder of a demo or of the bench. The runtime directory has errors of its own.
  if (error instanceof Error && 'syscall' in error && error.syscall === 'mkdtemp')
    return 'set TMPDIR to a directory that this user can write';
  return undefined;
}

/** Whether the kernel started no process: an error of Node's own. */
function isSpawnRefusal(error: unknown): boolean {
  if (!(error instanceof Error && 'code' in error && 'syscall' in error)) return false;
  return error.code === 'EAGAIN' && String(error.syscall).startsWith('spawn');
}

function netlinkHint(error: NetlinkError, commands: CommandWriter): string | undefined {
  if (error.code === 'EPERM') return administrationHint();
  if (error.syscall === 'RTM_NEWADDR') return addressHint(error, commands);
  return undefined;
}

/** The kernel refuses no IPv4 address in these ways. */
function addressHint({ code }: NetlinkError, commands: CommandWriter): string | undefined {
  if (code === 'EINVAL') return 'IPv6 needs an MTU of 1280 bytes or more';
  return code === 'EACCES'
    ? `let new devices have IPv6: ${commands.other('sysctl', '-w', 'net.ipv6.conf.default.disable_ipv6=0')}`
    : undefined;
}

function reasonHint(error: SystemError, commands: CommandWriter): string | undefined {
  const { object = DEVICE } = error;
  switch (error.reason) {
    case 'capture-is-folder':
      return NAME_CAPTURES;
    case 'namespace-unreachable':
      return namespaceHint(error);
    case 'bpf-denied':
      return `run as root outside of a user namespace, or grant CAP_BPF; check this machine: ${commands.rtap('doctor')}`;
    case 'program-refused':
      return 'a smaller map may help; this kernel may be too old for the program (Linux 5.2)';
    case 'single-queue':
      return `make it again with several queues: ${commands.rtap('delete', object)} && ${commands.rtap('create', object, '--persist')}`;
    case 'id-not-mapped':
      return mappingHint(error);
    case 'device-moved':
      return `name its new network namespace with --netns: ${NAMESPACE_FORMS}`;
    case 'device-exists':
      return `choose another name, add --exist-ok to use this device, or remove it: ${commands.rtap('delete', object)}`;
    case 'not-ethernet':
      return `list the Ethernet devices: ${commands.other('ip', '-br', 'link')}`;
    case 'device-down':
      return `switch it on: ${commands.rtap('up', object)}`;
    case 'runtime-directory-denied':
      return runtimeDirectoryHint();
    case 'header-missing':
      return 'end the program that holds it, or make that program attach with IFF_VNET_HDR';
    case 'header-changed':
      return `start this command again; find out which processes use the device: ${commands.rtap('show', object)}`;
    case 'processes-exhausted':
    case 'process-failed':
      return PROCESS_LIMITS;
    case 'queue-too-long':
      return `newer kernels take ${TXQUEUELEN_EVERYWHERE} at most (Linux 6.12.117, 7.2.13)`;
    case 'offload-unknown':
      return 'leave that offload out; uso needs Linux 6.2 or newer';
    default:
      return undefined;
  }
}

/** A file system can be read-only for root, too, and a service of systemd can lack capabilities. */
export function runtimeDirectoryHint(): string {
  const choice = 'set RTAP_RUNTIME_DIR to a directory that this user can write';
  if (process.geteuid?.() !== 0) return `run as root, or ${choice}`;
  const lacking = folderCapabilitiesHint();
  return lacking === undefined ? choice : `${lacking}; else ${choice}`;
}

function mappingHint({ syscall }: SystemError): string {
  const map = syscall === 'ioctl(TUNSETGROUP)' ? 'gid_map' : 'uid_map';
  return `list the ids that are mapped: cat /proc/self/${map}; map more: unshare --map-auto`;
}

function namespaceHint({ code }: SystemError): string {
  return code === 'EPERM' || code === 'EACCES'
    ? (restrictedRootHint('SYS_ADMIN') ?? 'run as root: entering a network namespace needs CAP_SYS_ADMIN')
    : `give ${NAMESPACE_FORMS}`;
}

/** Returns the hint for refusals where the system call alone determines the remedy. */
function callHint(error: SystemError, commands: CommandWriter): string | undefined {
  switch (error.syscall) {
    case 'holder':
      return refusedRequestHint(error, commands);
    case 'listen':
      return listenHint(error);
    case 'execve':
      return commandHint(error);
    case 'ioctl(TUNSETOFFLOAD)':
      return offloadHint(error, commands);
    case 'ioctl(TUNGETVNETHDRSZ)':
      return headerHint(error, commands);
    default:
      return codeHint(error, commands);
  }
}

function commandHint({ reason, code, object = '' }: SystemError): string {
  if (reason === 'command-not-found' && !object.includes('/'))
    return 'install it, or write its path: command -v NAME tells where a program is';
  if (reason === 'command-not-found') return 'check its path, and the first line (#!) of a script';
  return code === 'EACCES'
    ? 'only an executable file can run: chmod +x makes it one, or begin with its interpreter, as in python3 FILE'
    : 'give a program for this machine: file NAME tells what it is';
}

/** The system calls of errors about files. */
const FILE_CALLS: readonly string[] = ['read', 'write', 'remove'];

/** Root is refused by mount options, attributes of files (lsattr) or a lack of capabilities: the message names the file. */
function fileHint(): string | undefined {
  return process.geteuid?.() === 0
    ? fileCapabilitiesHint()
    : 'run as root, or as the owner of that file or folder';
}

/** A new device has a header of 10 bytes. */
function headerHint({ reason, object = DEVICE }: SystemError, commands: CommandWriter): string {
  const line = `${commands.rtap('delete', object)} && ${commands.rtap('create', object, '--persist')}`;
  return reason === 'headers-differ'
    ? `make the one without such headers again: ${line}`
    : `make the device again, with a header of 10 bytes: ${line}`;
}

function listenHint({ code, object }: SystemError): string | undefined {
  if (object?.startsWith('unix:') === true) return undefined;
  if (code === 'EADDRINUSE')
    return 'list the programs that have ports: ss -ltnp; port 0 lets the kernel choose a free port';
  return code === 'EACCES' ? 'choose a port from 1024 on, or run as root' : undefined;
}

function offloadHint({ code, object = DEVICE }: SystemError, commands: CommandWriter): string | undefined {
  return code === 'EOPNOTSUPP'
    ? `tso and uso need scatter-gather: ${commands.other('ethtool', '-K', object, 'sg', 'on')}; list what is on: ${commands.other('ethtool', '-k', object)}`
    : undefined;
}

function codeHint(error: SystemError, commands: CommandWriter): string | undefined {
  const { object = DEVICE } = error;
  switch (error.code) {
    case 'EPERM':
    case 'EACCES':
      return permissionHint(error);
    case 'EMFILE':
    case 'ENFILE':
      return descriptorHint(error.code);
    case 'ENODEV':
      return `list the TAP devices of this network namespace: ${commands.rtap('list')}`;
    case 'EEXIST':
      return 'choose another name';
    case 'EBUSY':
      return error.syscall === 'ioctl(TUNSETIFF)'
        ? `a single-queue device serves one process; find out which one: ${commands.rtap('show', object)}`
        : `find out which process: ${commands.rtap('show', object)}`;
    case 'ENOSPC':
      return object === 'standard output'
        ? 'make room where standard output goes: the end of the output may be missing'
        : 'make room on the disk: the file is whole up to its last packet';
    default:
      return undefined;
  }
}

/** How to get more descriptors. */
function descriptorHint(code: string): string {
  return code === 'ENFILE'
    ? 'the whole machine has no descriptor left: sysctl fs.file-max'
    : 'raise the limit of open files: ulimit -n 4096, or LimitNOFILE=4096 in a unit';
}

function permissionHint(error: SystemError): string | undefined {
  const { syscall } = error;
  if (syscall === 'open(/dev/net/tun)') return tunHint(error);
  if (syscall === 'socket(AF_PACKET)') return 'run as root, or grant CAP_NET_RAW';
  if (FILE_CALLS.includes(syscall)) return fileHint();
  if (syscall === 'access')
    return process.geteuid?.() === 0 ? fileCapabilitiesHint() : "run as root, or as the device's owner";
  return syscall === 'ioctl(TUNSETIFF)'
    ? (restrictedRootHint('NET_ADMIN') ??
        'run as root, grant CAP_NET_ADMIN, or make the device with --owner for this user')
    : administrationHint();
}
