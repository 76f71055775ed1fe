import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { TUN_PATH } from '../../sys/tun.js';
import { clipped, NAME_BYTES_MAX, printable } from '../state/foreign-text.js';

/** A process that has descriptors of a TUN or TAP device. */
export interface AttachedProcess {
  readonly pid: number;
  /** What it is called: the script for Node, the program for others. */
  readonly command: string;
  /** How many of them, queues that are switched off (IFF_DETACH_QUEUE) included. */
  readonly descriptors: number;
}

// Source: include/linux/sched.h
const PF_EXITING = 0x00000004;

/** Programs whose first argument is the name that people know. */
const INTERPRETERS = new Set(['node', 'nodejs']);

/** Those of rtap that have queues for themselves. */
const BORROWING_COMMANDS = new Set(['rx-dump', 'tx-inject', 'fwd']);

/**
 * The processes attached to every device, by name, from one walk over /proc; each list by rising pid.
 *
 * Best effort. Processes that this one may not inspect are left out (without CAP_SYS_PTRACE those of other
 * users), and so are processes of another network namespace: the same name is another device there. A descriptor
 * that is on its way through a socket belongs to nobody.
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

/** Those of the device `name`, by rising pid: see `readAttached`. */
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
    // Much cheaper than fdinfo, and false for all but a few.
    if (!readLink(`/proc/${pid}/fd/${fd}`).startsWith(TUN_PATH)) continue;
    const device = attachedDevice(readText(`/proc/${pid}/fdinfo/${fd}`));
    if (device !== '') counts.set(device, (counts.get(device) ?? 0) + 1);
  }
  return counts;
}

/** The device in a descriptor's fdinfo, or ''. Source: drivers/net/tun.c, tun_chr_show_fdinfo(). */
export function attachedDevice(fdinfo: string): string {
  return /^iff:\t(.*)$/m.exec(fdinfo)?.[1] ?? '';
}

/** Whether the process `pid` runs: one that is ending does not, nor one that has ended and was not waited for. */
export function isAlive(pid: number): boolean {
  const [state = '', , , , , , flags] = statusOf(pid);
  // The kernel closes what it had open before it is a zombie: whoever sees the end of a connection may look in between.
  return !['', 'Z', 'X'].includes(state) && (Number(flags) & PF_EXITING) === 0;
}

/** Whether the process `pid` was stopped by a signal, and does nothing until it is continued. */
export function isStopped(pid: number): boolean {
  return statusOf(pid)[0] === 'T';
}

/** proc_pid_stat(5): the state and what follows, behind the name, which may hold anything. */
function statusOf(pid: number): string[] {
  return readText(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ');
}

/** What people call the process `pid`; `?` for one that is gone. */
export function commandOf(pid: number): string {
  const commandLine = readText(`/proc/${pid}/cmdline`).split('\0');
  return commandName(commandLine, readText(`/proc/${pid}/comm`).trimEnd());
}

/**
 * What people call a process.
 *
 * @param commandLine its argv, empty for a kernel thread
 * @param comm its name in the kernel, cut at 15 bytes; recent releases of Node say MainThread
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
  // argv may say anything: it is believed where it only makes the kernel's name longer.
  return comm === '' || name.startsWith(comm) ? name : comm;
}

/** As its leases call it, where it may have some. */
function commandOfRtap(words: readonly string[]): string {
  const [command = ''] = words[0] === '--netns' ? words.slice(2) : words;
  return BORROWING_COMMANDS.has(command) ? command : 'rtap';
}

/** '' for what is gone or may not be read: processes come and go during the walk. */
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

/** Who has queues of the device `name` attached, in a sentence: `qemu (pid 123)`, `this process`. */
export function namedHolders(name: string): string {
  const holders = findAttached(name).map(({ pid, command }) =>
    pid === process.pid ? 'this process' : `${command} (pid ${pid})`,
  );
  return holders.length === 0 ? 'another process' : holders.join(' and ');
}
