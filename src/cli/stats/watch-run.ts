import type { Link } from '../../netlink/link.js';
import { deviceDeleted, deviceMoved } from '../../tap/link/device-errors.js';
import { findTap } from '../../tap/link/tap-link.js';
import { printableName } from '../output/escapes.js';
import { plural } from '../output/plural.js';
import type { Console } from '../process/console.js';
import { StopRequest } from '../process/stop-request.js';
import { DeletionWatch } from './deletion-watch.js';
import { makeRateOutput } from './rate-output.js';
import { SocketStatistics } from './socket-statistics.js';
import { rtapReading, StatisticsWatch } from './statistics-watch.js';
import { needsSockets } from './uncounted-queues.js';
import { INTERVAL_SECONDS, parseInterval } from './watch-interval.js';

/** Most time that the event of a deletion is waited for after a reading that finds no device. */
const DELETION_MS = 100;

/** How a device is watched. */
export interface WatchOptions {
  /** Seconds, or true for `--watch` without a number. */
  readonly interval: string | true;
  /** Prints the rates of queues that other programs use, too. @default false */
  readonly perQueue?: boolean | undefined;
  /** Prints one object for each interval. @default false */
  readonly json?: boolean | undefined;
}

/** `rtap stats --watch`: prints rates until a signal comes, the reader closes the output, or the device is gone. */
export async function runWatch(name: string, options: WatchOptions, console: Console): Promise<void> {
  const { interval } = options;
  const intervalMs = 1000 * (interval === true ? INTERVAL_SECONDS : parseInterval(interval));
  using stop = new StopRequest(console);
  const { json = false, perQueue = false } = options;
  const link = findTap(name, 'read');
  using sockets = perQueue && (await needsSockets(link)) ? new SocketStatistics(link) : undefined;
  if (sockets !== undefined) reportSockets(link, sockets, console);
  using deletion = new DeletionWatch(link.index);
  using output = makeRateOutput(console, { json, perQueue });
  using watch = new StatisticsWatch(link.index, {
    intervalMs,
    reading: sockets ?? rtapReading(link.index),
    onRates: (rates) => output.write(rates),
  });
  const deleted = deletion.happened.then(() => 'deleted');
  const stopped = stop.happened.then(() => 'stopped');
  const ended = await Promise.race([stopped, output.closed, deleted, watch.lost.then(() => 'lost')]);
  const unnumbered = sockets?.readUnnumbered() ?? 0;
  if (unnumbered > 0)
    console.note(`stats: ${plural(unnumbered, 'packet')} of no queue, or of one that had just appeared`);
  // The event may come after the reading that finds no device.
  const gone =
    ended === 'deleted' || (ended === 'lost' && (await Promise.race([deleted, pause(DELETION_MS)])));
  if (gone) throw deviceDeleted(watch.name, 'watch');
  if (ended === 'lost') throw deviceMoved(watch.name, 'watch');
}

function reportSockets({ name }: Link, { started }: SocketStatistics, console: Console): void {
  const device = printableName(name);
  console.note(
    `stats: packet sockets count the packets of each queue, missed ones included, because the counters of ${device} itself have no queues`,
  );
  if (!started) console.note(`stats: ${device} is down, counting begins when it is up`);
}

function pause(milliseconds: number): Promise<false> {
  return new Promise((resolve) => setTimeout(() => resolve(false), milliseconds));
}
