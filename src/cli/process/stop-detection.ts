import { readdirSync, readFileSync } from 'node:fs';

const TASKS = '/proc/self/task';

/**
 * Finds out whether a signal has stopped this process. The kernel does not tell a process, and a SIGCONT may come without a stop. But a
 * stop wakes each thread, while a SIGCONT alone wakes one of them, and some threads of Node always sleep.
 */
export class StopDetection {
  #waits = readWaits();

  /** Whether each thread that existed at the last call, or at the start, has been woken since then. */
  happened(): boolean {
    const before = this.#waits;
    this.#waits = readWaits();
    return [...before].every(([thread, { count }]) => {
      const { isAwake, count: present } = this.#waits.get(thread) ?? { isAwake: true, count };
      return isAwake || present > count;
    });
  }
}

/** How a thread waits. */
interface ThreadWaits {
  /** How often it has begun to wait. */
  readonly count: number;
  /** On a busy machine a thread that was woken may not have run yet. */
  readonly isAwake: boolean;
}

/** Reads how each thread of this process waits. Source: proc_pid_status(5). */
function readWaits(): ReadonlyMap<string, ThreadWaits> {
  const waits = new Map<string, ThreadWaits>();
  for (const thread of readdirSync(TASKS)) {
    try {
      const status = readFileSync(`${TASKS}/${thread}/status`, 'utf8');
      waits.set(thread, {
        count: Number(/^voluntary_ctxt_switches:\t(\d+)$/m.exec(status)?.[1]),
        isAwake: !/^State:\t[SD]/m.test(status),
      });
    } catch {
      // It has ended.
    }
  }
  return waits;
}
