import { entriesOf, textOf } from '../proc-files.js';

const IDLE_MS = 10_000;
/** V8 collects the garbage of the start some 8 and 23 seconds after it. After that it has nothing to do. */
const ATTEMPTS_MAX = 5;

/** Names of the threads of a process, kernel workers of io_uring (`iou-wrk-PID`) included; none if the process is gone. */
export function threadNames(pid: number): string[] {
  return entriesOf(`/proc/${pid}/task`).map((thread) => textOf(`/proc/${pid}/task/${thread}/comm`).trim());
}

/** Processor time that a process has used, in ticks of 10 ms. */
export function processorTicks(pid: number): number {
  // proc_pid_stat(5): the name may hold spaces, fields 14 and 15 are utime and stime.
  const fields = textOf(`/proc/${pid}/stat`)
    .replace(/^.*\) /, '')
    .split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** Ticks of 10 ms that a process uses in ten seconds: the least of ATTEMPTS_MAX attempts. No event says that it is idle. */
export async function idleTicks(pid: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < ATTEMPTS_MAX && least > 0; attempt++) {
    const before = processorTicks(pid);
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    least = Math.min(least, processorTicks(pid) - before);
  }
  return least;
}

/** Mappings of this process that name `pattern`. */
export function ownMappings(pattern: RegExp): string[] {
  return textOf('/proc/self/maps')
    .split('\n')
    .filter((line) => pattern.test(line));
}

/** Address space of this process, in bytes. */
export function ownVirtualBytes(): number {
  const pages = Number(textOf('/proc/self/statm').split(' ')[0]);
  return pages * 4096;
}
