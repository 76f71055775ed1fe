import { readStatistics } from '../../tap/counters/device-statistics.js';
import { deviceDeleted, deviceMoved } from '../../tap/link/device-errors.js';
import type { Console } from '../process/console.js';
import { StopRequest } from '../process/stop-request.js';
import { DeletionWatch } from './deletion-watch.js';
import { makeRateOutput } from './rate-output.js';
import { StatisticsWatch } from './statistics-watch.js';
import { INTERVAL_SECONDS, parseInterval } from './watch-interval.js';

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
  const { interval } = options;
  const intervalMs = 1000 * (interval === true ? INTERVAL_SECONDS : parseInterval(interval));
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

function pause(milliseconds: number): Promise<false> {
  return new Promise((resolve) => setTimeout(() => resolve(false), milliseconds));
}
