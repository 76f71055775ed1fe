import { readdirSync, readlinkSync } from 'node:fs';
import { entriesOf, textOf } from '../proc-files.js';

/** Returns the processes whose environment names the runtime directory `runtime`, whichever process started them. */
export function processesOf(runtime: string): number[] {
  const wanted = `RTAP_RUNTIME_DIR=${runtime}`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && textOf(`/proc/${pid}/environ`).split('\0').includes(wanted));
}

/** The command line of a process, for people. */
export function commandLine(pid: number): string {
  return textOf(`/proc/${pid}/cmdline`).split('\0').join(' ').trim();
}

/** Most kernel workers that a process may have: one writes the file of a capture. */
export const RING_WORKERS_MAX = 1;

/** Kernel workers of io_uring in a process. */
export function ringWorkers(pid: number): string[] {
  return entriesOf(`/proc/${pid}/task`)
    .map((thread) => textOf(`/proc/${pid}/task/${thread}/comm`).trim())
    .filter((name) => name.startsWith('iou-wrk'));
}

/** Counts the open descriptors of a process by kind, without the standard streams. */
export function openKinds(pid: number): Readonly<Record<string, number>> {
  const kinds: Record<string, number> = {};
  for (const fd of entriesOf(`/proc/${pid}/fd`).filter((number) => Number(number) > 2)) {
    const kind = kindOf(linkOf(`/proc/${pid}/fd/${fd}`));
    kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
  return kinds;
}

function kindOf(target: string): string {
  if (target.startsWith('/dev/net/tun')) return 'tun';
  return target
    .replace(/^(socket|pipe):.*/, '$1')
    .replace(/^.*\/counters-\S+/, 'counters')
    .replace(/^.*\/holder\.lock/, 'lock');
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return 'gone';
  }
}
