import type { ContestMaker } from './contest.js';
import { makeBatch } from './rows/batch.js';
import { makeCapture } from './rows/capture.js';
import { makeForward } from './rows/forward.js';
import { makeHolderMemory, makeHolderTime } from './rows/holder.js';
import { makeLatency } from './rows/latency.js';
import { makeReplay } from './rows/replay.js';
import { makeRx } from './rows/rx.js';
import { makeSniff } from './rows/sniff.js';
import { makeListStart, makeStatsStart } from './rows/start-up.js';
import { makeTwoQueues } from './rows/two-queues.js';
import { makeTx } from './rows/tx.js';

/** All contests, and the rows of each, in the order in which they are measured and shown. */
export const CONTESTS: readonly (readonly [rows: readonly string[], make: ContestMaker])[] = [
  [['tx-write', 'tx-liburing', 'tx-testpmd'], makeTx],
  [['rx-liburing', 'rx-posted'], makeRx],
  [['replay'], makeReplay],
  [['capture'], makeCapture],
  [['sniff', 'sniff-default'], makeSniff],
  [['forward-veth', 'forward-plain', 'forward-offloads'], makeForward],
  [['latency'], makeLatency],
  [['two-queues'], makeTwoQueues],
  [['stats-start'], makeStatsStart],
  [['list-start'], makeListStart],
  [['batch'], makeBatch],
  [['holder-time'], makeHolderTime],
  [['holder-memory'], makeHolderMemory],
];

/** The names of all rows. */
export const ROW_NAMES: readonly string[] = CONTESTS.flatMap(([rows]) => rows);
