import { readAllStatistics, readStatisticsOf } from '../../tap/counters/device-statistics.js';
import { notifyServiceManager } from '../../tap/hold/service-manager.js';
import type { Console } from '../process/console.js';
import { StopRequest } from '../process/stop-request.js';
import { parseListenAddress } from './listen-address.js';
import { openMetrics } from './metric-families.js';
import { MetricsServer } from './metrics-server.js';

export interface MetricsOptions {
  /** `unix:PATH` or `HOST:PORT`. */
  readonly listen: string;
  readonly remote?: boolean | undefined;
}

/** `rtap metrics`: serves the counters of `names`, or of every TAP there is when it is asked, until a signal comes. */
export async function runMetrics(
  names: readonly string[],
  options: MetricsOptions,
  console: Console,
): Promise<void> {
  const address = parseListenAddress(options.listen, options);
  // A name that is wrong is better told now than never.
  readStatisticsOf(names);
  using stop = new StopRequest(console);
  // A device may come and go while the server stays.
  const read = () =>
    openMetrics(names.length === 0 ? readAllStatistics() : readStatisticsOf(names, { absentOk: true }));
  using server = await MetricsServer.listen(address, read);
  console.note(`metrics: listening on ${server.place}`);
  notifyServiceManager('READY=1');
  await stop.happened;
  notifyServiceManager('STOPPING=1');
}
