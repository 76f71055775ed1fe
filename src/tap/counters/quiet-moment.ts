import type { LinkStatistics } from '../../netlink/link-statistics.js';
import { addCounts, emptyCounts, type QueueCounts } from './queue-counts.js';

/** What rtap's counters and the kernel's were at one moment. */
export interface CountedMoment {
  readonly queues: readonly QueueCounts[];
  readonly kernel: LinkStatistics;
}

/** How often both are read, and the pause between two readings: this processor may be the one that the process that counts needs. */
const READINGS = 100;
const PAUSE_MS = 1;

/**
 * Reads both again and again, for about a tenth of a second, and returns the reading in which they agree best.
 *
 * The kernel counts a frame when it is read or written, rtap at the end of the burst. So the kernel is ahead while a burst is under
 * way, and never behind. Where it is ahead least, no burst is under way. The same difference in many readings shows nothing: a
 * process that does not run in the middle of its burst looks like one at rest.
 *
 * @param readQueues is called before `readKernel` each time. Otherwise frames of the time in between would let the kernel seem behind
 */
export function readQuietMoment(
  readQueues: () => readonly QueueCounts[],
  readKernel: () => LinkStatistics,
): CountedMoment {
  let best = readMoment(readQueues, readKernel);
  for (let reading = 1; reading < READINGS; reading++) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    const next = readMoment(readQueues, readKernel);
    if (next.ahead < best.ahead) best = next;
  }
  return best;
}

function readMoment(readQueues: () => readonly QueueCounts[], readKernel: () => LinkStatistics) {
  const queues = readQueues();
  const kernel = readKernel();
  const { rx, tx } = kernel;
  return {
    queues,
    kernel,
    ahead: rx.packets + rx.bytes + tx.packets + tx.bytes - countedIn(queues),
  };
}

/** Adds up packets and bytes: a process does not count them at quite the same time. */
function countedIn(queues: readonly QueueCounts[]): number {
  const total = emptyCounts();
  for (const counts of queues) addCounts(total, counts);
  return total.rxPackets + total.rxBytes + total.txPackets + total.txBytes;
}
