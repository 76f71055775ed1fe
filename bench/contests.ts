import type { ContestMaker } from './contest.js';
import { makeBatch } from './rows/batch.js';
import { makeCapture } from './rows/capture.js';
import { makeForward } from './rows/forward.js';
import { makeHolderMemory, makeHolderTime } from './rows/holder.js';
import { makeLatency } from './rows/latency.js';
import { makeRx } from './rows/rx.js';
import { makeSniff } from './rows/sniff.js';
import { makeList, makeStats } from './rows/start-up.js';
import { makeTx } from './rows/tx.js';
import { makeTxThreads } from './rows/tx-threads.js';

/** All contests, and the rows of each, in the order in which they are measured and shown. */
export const CONTESTS: readonly (readonly [rows: readonly string[], make: ContestMaker])[] = [
  [['tx', 'tx-inject'], makeTx],
  [['tx-threads', 'tx-tcpreplay'], makeTxThreads],
  [['rx'], makeRx],
  [['capture'], makeCapture],
  [['sniff', 'sniff-default'], makeSniff],
  [['fwd-on', 'fwd-off', 'fwd-veth', 'fwd-testpmd'], makeForward],
  [['latency'], makeLatency],
  [['batch'], makeBatch],
  [['stats'], makeStats],
  [['list'], makeList],
  [['holder-time'], makeHolderTime],
  [['holder-memory'], makeHolderMemory],
];

/** The names of all rows. */
export const ROW_NAMES: readonly string[] = CONTESTS.flatMap(([rows]) => rows);
