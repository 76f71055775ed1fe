import { ArgumentRangeError } from '../../errors.js';
/** One way through a forwarder: what arrives in a queue of one device leaves by a queue of the other. */
export interface ForwardLane {
  /** The device that it reads: 0 or 1. */
  readonly from: 0 | 1;
  /** Positions in the devices' lists of queues. */
  readonly fromQueue: number;
  readonly toQueue: number;
}

/**
 * The lanes between two devices, both ways, shared out to threads: queue `i` leads to queue `i`. Where one device has
 * fewer queues, several of the other lead to each of its own. All lanes of a queue are on one thread: nobody
 * else writes its counters, and what shares a flow keeps its order.
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
