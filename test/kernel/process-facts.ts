import { entriesOf, textOf } from '../proc-files.js';

/** Names of the threads of a process; none where it is gone. Kernel workers of io_uring are among them: `iou-wrk-PID`. */
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
