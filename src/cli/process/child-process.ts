import type { ChildProcess } from 'node:child_process';
import type { SystemError } from '../../errors.js';
import { systemError } from '../../sys/errno.js';

/** Signals with which users and service managers end a process. */
const STOP_SIGNALS: readonly string[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const MS_PER_S = 1000;

/**
 * Settles as `step` does. If that takes too long, kills `child` and rejects with a SystemError that names `command`. Where the kernel
 * gives Node too few threads it can wait for ever while it starts.
 */
export async function withinDeadline<T>(
  child: ChildProcess,
  step: Promise<T>,
  { command, deadlineMs }: { readonly command: string; readonly deadlineMs: number },
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      child.kill('SIGKILL');
      const detail = `it did nothing for ${deadlineMs / MS_PER_S} s`;
      reject(processFailed(command, 'ETIMEDOUT', detail));
    }, deadlineMs);
  });
  try {
    return await Promise.race([step, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Waits for the end of `child`, and returns its exit code; undefined if a user's signal ended it. Rejects with a SystemError that
 * names `command` if another signal did, as that with which Node ends itself.
 *
 * @param event `close` also waits for what else has its output
 */
export function exitCodeOf(
  child: ChildProcess,
  event: 'exit' | 'close',
  command: string,
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on(event, (code: number | null, signal: NodeJS.Signals | null) => {
      if (code !== null || signal === null || STOP_SIGNALS.includes(signal)) resolve(code ?? undefined);
      else reject(processFailed(command, 'EINTR', `${signal} ended it`));
    });
  });
}

function processFailed(command: string, code: string, detail: string): SystemError {
  return systemError({
    action: 'run',
    object: command,
    code,
    syscall: 'wait',
    detail,
    reason: 'process-failed',
  });
}
