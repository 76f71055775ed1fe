import { ArgumentRangeError } from '../../errors.js';
import { readStatistics } from '../../tap/counters/device-statistics.js';
import { deviceDeleted, deviceMoved } from '../../tap/link/device-errors.js';
import { parseDuration } from '../arguments/quantity.js';
import type { Console } from '../process/console.js';
import { StopRequest } from '../process/stop-request.js';
import { DeletionWatch } from './deletion-watch.js';
import { makeRateOutput } from './rate-output.js';
import { StatisticsWatch } from './statistics-watch.js';

/** Seconds between two looks, unless told otherwise. */
const INTERVAL_SECONDS = 1;
/** Looking takes a millisecond or two with many queues. */
const INTERVAL_SECONDS_MIN = 0.01;

/** How long the event of a deletion is waited for. */
const DELETION_MS = 100;

export interface WatchOptions {
  /** `--watch` alone is true. */
  readonly interval: string | true;
  /** One object an interval. @default false */
  readonly json?: boolean | undefined;
}

/** `rtap stats --watch`: prints the rates of the device until a signal comes, the reader leaves, or the device goes. */
export async function runWatch(name: string, options: WatchOptions, console: Console): Promise<void> {
  const intervalMs = readInterval(options.interval) * 1000;
  using stop = new StopRequest(console);
  const { ifindex } = readStatistics(name);
  using deletion = new DeletionWatch(ifindex);
  using output = makeRateOutput(console, options.json === true);
  using watch = new StatisticsWatch(ifindex, intervalMs, (rates) => output.write(rates));
  const deleted = deletion.happened.then(() => 'deleted');
  const stopped = stop.happened.then(() => 'stopped');
  const ended = await Promise.race([stopped, output.closed, deleted, watch.lost.then(() => 'lost')]);
  // The event may come later than the look that finds nothing.
  const gone =
    ended === 'deleted' || (ended === 'lost' && (await Promise.race([deleted, pause(DELETION_MS)])));
  if (gone) throw deviceDeleted(watch.name, 'watch');
  if (ended === 'lost') throw deviceMoved(watch.name, 'watch');
}

function readInterval(interval: string | true): number {
  if (interval === true) return INTERVAL_SECONDS;
  const seconds = parseDuration(interval);
  if (seconds < INTERVAL_SECONDS_MIN)
    throw new ArgumentRangeError(
      `cannot use interval "${interval}": ${INTERVAL_SECONDS_MIN} s or more are possible`,
    );
  return seconds;
}

function pause(milliseconds: number): Promise<false> {
  return new Promise((resolve) => setTimeout(() => resolve(false), milliseconds));
}
