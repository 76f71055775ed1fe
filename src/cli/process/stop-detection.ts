import { readdirSync, readFileSync } from 'node:fs';

const TASKS = '/proc/self/task';

/**
 * Finds out whether a signal has stopped this process. The kernel does not tell a process, and a SIGCONT may come without a stop. But a
 * stop wakes each thread, while a SIGCONT alone wakes one of them, and some threads of Node always sleep.
 */
export class StopDetection {
  #switches = readSwitches();

  /** Whether each thread that existed at the last call, or at the start, has run since then. */
  happened(): boolean {
    const before = this.#switches;
    this.#switches = readSwitches();
    return [...before].every(([thread, count]) => count < (this.#switches.get(thread) ?? Infinity));
  }
}

/** How often each thread of this process has begun to wait. Source: proc_pid_status(5). */
function readSwitches(): ReadonlyMap<string, number> {
  const switches = new Map<string, number>();
  for (const thread of readdirSync(TASKS)) {
    try {
      const status = readFileSync(`${TASKS}/${thread}/status`, 'utf8');
      switches.set(thread, Number(/^voluntary_ctxt_switches:\t(\d+)$/m.exec(status)?.[1]));
    } catch {
      // It has ended.
    }
  }
  return switches;
}
