import type { LinkStatistics } from '../../netlink/link-statistics.js';
import { addCounts, emptyCounts, type QueueCounts } from './queue-counts.js';

/** What rtap's counters and the kernel's were at one moment. */
export interface CountedMoment {
  readonly queues: readonly QueueCounts[];
  readonly kernel: LinkStatistics;
}

/** Most readings, and the pause between two: a processor that this one takes away may belong to the process that counts. */
const READINGS_MAX = 50;
const PAUSE_MS = 1;
/** So many readings in which the kernel is ahead by the same least number, and frames moved in between, are enough. */
const AGREEMENTS = 5;

/**
 * Reads both again and again, for up to 50 ms and more on a busy machine, and returns the reading in which they agree best.
 *
 * The kernel counts a frame when it is read or written, rtap at the end of the burst. So the kernel is ahead while a burst is under
 * way, and never behind. Where it is ahead least, no burst is under way.
 *
 * @param readQueues is called before `readKernel` each time. Otherwise frames of the time in between would let the kernel seem behind
 */
export function readQuietMoment(
  readQueues: () => readonly QueueCounts[],
  readKernel: () => LinkStatistics,
): CountedMoment {
  let best = readMoment(readQueues, readKernel);
  const seen = new Set([best.counted]);
  for (let reading = 1; reading < READINGS_MAX && seen.size < AGREEMENTS; reading++) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    const next = readMoment(readQueues, readKernel);
    if (next.ahead < best.ahead) {
      best = next;
      seen.clear();
    }
    if (next.ahead === best.ahead) seen.add(next.counted);
  }
  return best;
}

function readMoment(readQueues: () => readonly QueueCounts[], readKernel: () => LinkStatistics) {
  const queues = readQueues();
  const kernel = readKernel();
  const counted = countedIn(queues);
  const { rx, tx } = kernel;
  return { queues, kernel, counted, ahead: rx.packets + rx.bytes + tx.packets + tx.bytes - counted };
}

/** Adds up packets and bytes: a process does not count them at quite the same time. */
function countedIn(queues: readonly QueueCounts[]): number {
  const total = emptyCounts();
  for (const counts of queues) addCounts(total, counts);
  return total.rxPackets + total.rxBytes + total.txPackets + total.txBytes;
}
