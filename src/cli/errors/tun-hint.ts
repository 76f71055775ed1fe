import { readFileSync } from 'node:fs';
import type { SystemError } from '../../errors.js';
import { isInUserNamespace } from './process-status.js';

const PATH = '/dev/net/tun';
const IN_CONTAINER = `in a container: --device ${PATH}`;
/** Fields of a line of mountinfo: proc_pid_mountinfo(5). */
const MOUNT_POINT = 4;
const MOUNT_OPTIONS = 5;

/** A line of mountinfo. */
interface Mount {
  readonly point: string;
  readonly options: readonly string[];
}

/** Returns what a user can do where the kernel does not let this process open /dev/net/tun, which exists. */
export function tunHint({ code }: Pick<SystemError, 'code'>, mounts = readMounts()): string {
  const mount = mountOf(PATH, mounts);
  if (mount?.options.includes('nodev') === true)
    return `no device opens below ${mount.point}, which is mounted with nodev: mount -o remount,dev ${mount.point}; ${IN_CONTAINER}`;
  if (code === 'EPERM') return `the device cgroup of this process forbids it; ${IN_CONTAINER}`;
  if (process.geteuid?.() === 0 && isInUserNamespace())
    return `root of a user namespace opens what every user may open: chmod 666 ${PATH} as root outside of it; ${IN_CONTAINER}`;
  return `run as root, or let this user open it: chmod 666 ${PATH}, or a udev rule`;
}

/** The mount that `path` lies in: of those above it the deepest, and of several there the last. */
function mountOf(path: string, mounts: readonly Mount[]): Mount | undefined {
  const above = mounts.filter(
    ({ point }) => point === path || path.startsWith(point === '/' ? '/' : `${point}/`),
  );
  return above.reduce<Mount | undefined>(
    (deepest, mount) => (mount.point.length >= (deepest?.point.length ?? 0) ? mount : deepest),
    undefined,
  );
}

/** Reads lines of mountinfo. */
export function parseMounts(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.split(' ');
    const point = fields[MOUNT_POINT];
    return point === undefined ? [] : [{ point, options: (fields[MOUNT_OPTIONS] ?? '').split(',') }];
  });
}

function readMounts(): Mount[] {
  try {
    return parseMounts(readFileSync('/proc/self/mountinfo', 'utf8'));
  } catch {
    return [];
  }
}
