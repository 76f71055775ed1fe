import { readStatisticsOf } from '../../tap/counters/device-statistics.js';
import { notifyServiceManager } from '../../tap/hold/service-manager.js';
import type { Console } from '../process/console.js';
import { StopRequest } from '../process/stop-request.js';
import { readDeviceMetrics } from './device-metrics.js';
import { parseListenAddress } from './listen-address.js';
import { metricsText } from './metric-families.js';
import { MetricsServer } from './metrics-server.js';
import type { MetricsFormat } from './metrics-text.js';

/** Where `rtap metrics` listens. */
export interface MetricsOptions {
  /** `unix:PATH` or `HOST:PORT`. */
  readonly listen: string;
  /** Takes addresses that other machines may reach. @default false */
  readonly remote?: boolean | undefined;
}

/**
 * `rtap metrics`: serves the counters of `names` until a signal comes. Without names it serves those of every TAP
 * that exists at the time of a request.
 */
export async function runMetrics(
  names: readonly string[],
  options: MetricsOptions,
  console: Console,
): Promise<void> {
  const address = parseListenAddress(options.listen, options);
  // A wrong name is an error now, while a device that goes later is left out.
  readStatisticsOf(names);
  let gone: ReadonlySet<string> = new Set();
  using stop = new StopRequest(console);
  // A device may come and go while the server stays.
  const read = async () => {
    const absent = new Set<string>();
    const devices = await readDeviceMetrics(names, { onAbsent: (name) => absent.add(name) });
    for (const name of absent)
      if (!gone.has(name)) console.warn(`${name} was deleted or renamed: its series end`);
    gone = absent;
    return (format: MetricsFormat) => metricsText(devices, format);
  };
  using server = await MetricsServer.listen(address, read);
  console.note(`metrics: listening on ${server.place}`);
  notifyServiceManager('READY=1');
  await stop.happened;
  notifyServiceManager('STOPPING=1');
}
