import { ArgumentRangeError } from '../../errors.js';
import { readStatistics } from '../../tap/counters/device-statistics.js';
import { deviceDeleted, deviceMoved } from '../../tap/link/device-errors.js';
import { parseDuration } from '../arguments/quantity.js';
import type { Console } from '../process/console.js';
import { StopRequest } from '../process/stop-request.js';
import { DeletionWatch } from './deletion-watch.js';
import { makeRateOutput } from './rate-output.js';
import { StatisticsWatch } from './statistics-watch.js';

/** Default seconds between two readings. */
const INTERVAL_SECONDS = 1;
/** Reading takes a millisecond or two with many queues. */
const INTERVAL_SECONDS_MIN = 0.01;

/** Most time that the event of a deletion is waited for after a reading that finds no device. */
const DELETION_MS = 100;

/** How a device is watched. */
export interface WatchOptions {
  /** Seconds, or true for `--watch` without a number. */
  readonly interval: string | true;
  /** Prints one object for each interval. @default false */
  readonly json?: boolean | undefined;
}

/** `rtap stats --watch`: prints rates until a signal comes, the reader closes the output, or the device is gone. */
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
  // The event may come after the reading that finds no device.
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
