import { readFileSync } from 'node:fs';

/** Source: sysconf(_SC_CLK_TCK), 100 on every Linux platform that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Returns the processor time of the process `pid` so far, in ticks. Source: proc_pid_stat(5), utime and stime. */
export function processorTicks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** Returns the processor time of the process `pid` so far, in seconds. */
export function processorSecondsOf(pid: number): number {
  return processorTicks(pid) / TICKS_PER_SECOND;
}
