import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { CLOCK_THREAD_CPUTIME_ID, Clock, threadClockId } from '../../sys/clock.js';

const TASKS = '/proc/self/task';

/** Returns the processor time of the calling thread so far, in the kernel too. Seconds. */
export function ownProcessorSeconds(): number {
  return secondsOf(CLOCK_THREAD_CPUTIME_ID);
}

/** Returns the processor time of the thread `tid` of this process; 0 if it has ended. Seconds. */
export function processorSecondsOf(tid: number): number {
  return secondsOf(threadClockId(tid));
}

/** Returns the threads of this process, kernel workers of io_uring included. */
export function threadIds(): number[] {
  return readdirSync(TASKS).map(Number);
}

/**
 * Returns the kernel workers that io_uring keeps for the calling thread. A transfer that cannot complete at once
 * blocks there.
 */
export function ringWorkerIds(): number[] {
  const own = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
  return threadIds().filter((tid) => nameOf(tid) === `iou-wrk-${own}`);
}

function secondsOf(clockId: number): number {
  const clock = new Clock(clockId);
  clock.read();
  return clock.seconds + clock.nanoseconds / 1e9;
}

function nameOf(tid: number): string {
  try {
    return readFileSync(`${TASKS}/${tid}/comm`, 'utf8').trim();
  } catch {
    // It has ended meanwhile.
    return '';
  }
}
