import { ArgumentRangeError } from '../../errors.js';

/** One way through a forwarder: what arrives in a queue of one device leaves through a queue of the other. */
export interface ForwardLane {
  /** The device that it reads: 0 or 1. */
  readonly from: 0 | 1;
  /** Position in the device's list of queues. */
  readonly fromQueue: number;
  readonly toQueue: number;
}

/**
 * Returns the lanes between two devices, both ways, for each thread. Queue `i` leads to queue `i`. If one device has
 * fewer queues, several queues of the other lead to each of them. All lanes of a queue belong to one thread: no other
 * thread writes its counters, and the frames of a flow keep their order.
 *
 * Throws a RangeError for more threads than the device with fewer queues has queues.
 */
export function planLanes(queueCounts: readonly [number, number], threadCount: number): ForwardLane[][] {
  const groupCount = Math.min(...queueCounts);
  if (!Number.isInteger(threadCount) || threadCount < 1 || threadCount > groupCount) {
    const possible = groupCount === 1 ? '1 is' : `1 to ${groupCount} are`;
    throw new ArgumentRangeError(
      `cannot use ${threadCount} threads: ${possible} possible, one for each queue`,
    );
  }
  const threads = Array.from({ length: threadCount }, (): ForwardLane[] => []);
  for (const from of [0, 1] as const) {
    for (let fromQueue = 0; fromQueue < queueCounts[from]; fromQueue++) {
      const toQueue = fromQueue % groupCount;
      threads[toQueue % threadCount]!.push({ from, fromQueue, toQueue });
    }
  }
  return threads;
}
