import { constants } from 'node:os';
import { c, checked } from './libc.js';

// Source: include/uapi/linux/prctl.h
const PR_SET_PDEATHSIG = 1;

/**
 * Lets the kernel kill this process (SIGKILL) when the thread that started it has ended. The kernel does nothing if that thread has
 * ended before. Must be called in the main thread.
 */
export function dieWithParent(): void {
  const { SIGKILL } = constants.signals;
  checked({ action: 'follow', object: 'parent' }, 'prctl', () => c.prctl(PR_SET_PDEATHSIG, SIGKILL));
}
