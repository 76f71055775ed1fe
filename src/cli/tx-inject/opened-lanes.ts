import type { SendingQueues } from '../../tap/queue/sending-device.js';
import type { SendingThreads } from '../../tap/sending/sending-threads.js';
import type { InjectOptions } from './inject-arguments.js';
import type { RunBooks } from './run-books.js';
import { DirectLane } from './sending/direct-lane.js';
import type { Lane } from './sending/lane.js';
import { type LaneChoice, laneAsRecorded, laneByFlow, onlyLane } from './sending/lane-choice.js';
import { ThreadedLane } from './sending/threaded-lane.js';

/** Bursts of a queue that a thread sends into: one is filled while others are sent. */
const THREADED_BURSTS = 8;

/** Bursts that each queue of the run needs. */
export function burstsPerQueue({ threads }: InjectOptions): number {
  return threads > 1 ? THREADED_BURSTS : 1;
}

/** Starts the threads of a run; undefined if this thread sends. */
export async function startThreads(
  sending: SendingQueues,
  { threads }: InjectOptions,
): Promise<SendingThreads | undefined> {
  if (threads === 1) return undefined;
  const { SendingThreads } = await import('../../tap/sending/sending-threads.js');
  return SendingThreads.start(sending, threads);
}

/** A lane for each queue of `sending`. */
export function makeLanes(
  sending: SendingQueues,
  threads: SendingThreads | undefined,
  { segments }: InjectOptions,
  { ledger, clock, lateness }: RunBooks,
): Lane[] {
  const surroundings = { device: sending.device, segments, clock, lateness };
  return sending.queues.map((queue, index) => {
    const own = ledger.open(queue.number);
    const handed = threads?.lanes[index];
    return handed === undefined
      ? new DirectLane(queue, own, surroundings)
      : new ThreadedLane(handed, own, surroundings);
  });
}

/** How frames are spread over `lanes`. */
export function chooseLane(lanes: readonly Lane[], { queues }: InjectOptions): LaneChoice {
  if (queues === 'recorded') return laneAsRecorded(lanes);
  return lanes.length === 1 ? onlyLane : laneByFlow(lanes.length);
}
