import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { clipped, NAME_BYTES_MAX, printable } from '../state/foreign-text.js';

/** A process that has descriptors of a TUN or TAP device. */
export interface AttachedProcess {
  readonly pid: number;
  /** Its name: that of the script if it is Node, else that of the program. */
  readonly command: string;
  /** How many descriptors it has. Queues that are switched off (IFF_DETACH_QUEUE) count too. */
  readonly descriptors: number;
}

/**
 * Where a descriptor of a device may lead. In the mounts of another process, such as a container or a service of systemd, the kernel
 * names only the part of the path below the mount: `/net/tun`, or `/` if the file itself is mounted.
 */
const TUN_LINK = /^\/(?:.*\/)?(?:tun)?(?: \(deleted\))?$/;

// Source: include/linux/sched.h
const PF_EXITING = 0x00000004;

/** Programs that are known by the name of the script that they run. */
const INTERPRETERS = new Set(['node', 'nodejs']);

/** The commands of rtap that take queues to use them. */
const BORROWING_COMMANDS = new Set(['rx-dump', 'tx-inject', 'fwd']);

/**
 * Finds the processes that have descriptors of devices, in one walk over /proc. Returns them by the device's name,
 * each list by rising pid.
 *
 * It leaves out processes that this one may not inspect: without CAP_SYS_PTRACE those of other users. It leaves out
 * processes of other network namespaces too, where the same name is another device. It cannot see a descriptor that
 * is in a message between two processes.
 */
export function readAttached(): ReadonlyMap<string, readonly AttachedProcess[]> {
  const attached = new Map<string, AttachedProcess[]>();
  const ownNamespace = readlinkSync('/proc/thread-self/ns/net');
  for (const pid of processIds()) {
    if (readLink(`/proc/${pid}/ns/net`) !== ownNamespace) continue;
    for (const [device, descriptors] of deviceDescriptors(pid)) {
      const list = attached.get(device) ?? [];
      list.push({ pid, command: commandOf(pid), descriptors });
      attached.set(device, list);
    }
  }
  return attached;
}

/** The processes that have descriptors of the device `name`, as `readAttached` finds them. */
export function findAttached(name: string): readonly AttachedProcess[] {
  return readAttached().get(name) ?? [];
}

function processIds(): number[] {
  const ids = readdirSync('/proc').map(Number);
  return ids.filter((id) => Number.isInteger(id) && id > 0).sort((left, right) => left - right);
}

/** How many descriptors a process has of each device. */
function deviceDescriptors(pid: number): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const fd of listDirectory(`/proc/${pid}/fd`)) {
    // The link is much cheaper to read than fdinfo, and rules out all but a few descriptors.
    if (!TUN_LINK.test(readLink(`/proc/${pid}/fd/${fd}`))) continue;
    const device = attachedDevice(readText(`/proc/${pid}/fdinfo/${fd}`));
    if (device !== '') counts.set(device, (counts.get(device) ?? 0) + 1);
  }
  return counts;
}

/**
 * Whether the process `pid` has queues of the device `name` attached. Returns undefined if this process may not inspect it.
 *
 * @param name the present name in the network namespace of that process
 */
export function hasAttached(pid: number, name: string): boolean | undefined {
  try {
    readdirSync(`/proc/${pid}/fd`);
  } catch (error) {
    const isGone = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return isGone ? false : undefined;
  }
  return deviceDescriptors(pid).has(name);
}

/**
 * The name of the device in the text of a descriptor's fdinfo, or ''. Source: drivers/net/tun.c,
 * tun_chr_show_fdinfo().
 */
export function attachedDevice(fdinfo: string): string {
  return /^iff:\t(.*)$/m.exec(fdinfo)?.[1] ?? '';
}

/** Whether the process `pid` runs. A process that is ending does not, nor one that has ended and is a zombie. */
export function isAlive(pid: number): boolean {
  const [state = '', , , , , , flags] = statusOf(pid);
  // The kernel closes a process's descriptors before it makes it a zombie, so a peer may look in between.
  return !['', 'Z', 'X'].includes(state) && (Number(flags) & PF_EXITING) === 0;
}

/** Whether a signal has stopped the process `pid`, which then does nothing until another one continues it. */
export function isStopped(pid: number): boolean {
  return statusOf(pid)[0] === 'T';
}

/** The fields of proc_pid_stat(5) from the state on. The name before it may hold spaces and brackets. */
function statusOf(pid: number): string[] {
  return readText(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ');
}

/** The name of the process `pid`, as `commandName` has it, or `?` when it is gone. */
export function commandOf(pid: number): string {
  const commandLine = readText(`/proc/${pid}/cmdline`).split('\0');
  return commandName(commandLine, readText(`/proc/${pid}/comm`).trimEnd());
}

/**
 * The name by which users know a process.
 *
 * @param commandLine its argv, empty for a kernel thread
 * @param comm its name in the kernel, cut at 15 bytes. Recent releases of Node set it to MainThread
 */
export function commandName(commandLine: readonly string[], comm: string): string {
  return clipped(printable(nameOf(commandLine, comm)), NAME_BYTES_MAX) || '?';
}

function nameOf(commandLine: readonly string[], comm: string): string {
  const [program = '', ...rest] = commandLine;
  const name = basename(program);
  if (INTERPRETERS.has(name)) {
    const at = rest.findIndex((word) => word !== '' && !word.startsWith('-'));
    const script = basename(rest[at] ?? name);
    return script === 'rtap' ? commandOfRtap(rest.slice(at + 1)) : script;
  }
  // A process can write anything into its argv. So argv counts only where it continues the kernel's name.
  return comm === '' || name.startsWith(comm) ? name : comm;
}

/** The command of rtap, if it can have leases, which are listed under that name. */
function commandOfRtap(words: readonly string[]): string {
  const [command = ''] = words[0] === '--netns' ? words.slice(2) : words;
  return BORROWING_COMMANDS.has(command) ? command : 'rtap';
}

/** '' for a link that is gone or may not be read: processes come and go during the walk. */
function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function listDirectory(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/**
 * The processes that have queues of the device `name` attached, for a sentence: `qemu (pid 123) and this process`.
 */
export function describeAttached(name: string): string {
  const attached = findAttached(name).map(({ pid, command }) =>
    pid === process.pid ? 'this process' : `${command} (pid ${pid})`,
  );
  return attached.length === 0 ? 'another process' : attached.join(' and ');
}
