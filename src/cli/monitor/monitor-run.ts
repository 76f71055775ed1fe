import { Links } from '../../netlink/links.js';
import type { QueriedHolder } from '../../tap/lease/greeting-query.js';
import { queryHolders } from '../../tap/lease/greeting-query.js';
import { assertInterfaceName } from '../../tap/link/interface-name.js';
import { EXIT_INCOMPLETE } from '../errors/exit-code.js';
import { plural } from '../output/plural.js';
import type { Console } from '../process/console.js';
import { StopRequest } from '../process/stop-request.js';
import { DeviceSource, type DeviceSourceOptions } from './device-source.js';
import { EventOutput } from './event-output.js';
import { HolderSource } from './holder-source.js';
import type { EventSink, EventSource } from './monitor-event.js';

/** How long holders may take to reply before the present devices are reported, or taken as known. */
const PRESENT_MS = 1000;

/** The options of `rtap monitor`. */
export interface MonitorOptions {
  readonly all?: boolean;
  readonly initial?: boolean;
  readonly json?: boolean;
}

/** `rtap monitor`: reports events until a signal arrives or the reader closes its end. */
export async function runMonitor(
  given: readonly string[],
  options: MonitorOptions,
  console: Console,
): Promise<void> {
  const names = presentNames(given);
  using stop = new StopRequest(console);
  const sources: EventSource[] = [];
  const retry = () => {
    for (const source of sources) source.catchUp();
  };
  using output = new EventOutput({ json: options.json === true, retry });
  try {
    const present = await queryPresentHolders(names);
    const isReported = options.initial === true;
    const holders = new HolderSource(output, { present, isReported });
    const parts = { sink: output, follower: holders, initial: isReported ? present : undefined };
    sources.push(holders, watchDevices(names, options, parts, console));
    await Promise.race([stop.happened, output.failed]);
  } finally {
    for (const source of sources) source[Symbol.dispose]();
  }
  await output.finish();
  if (output.lost === 0) return;
  console.note(`${plural(output.lost, 'event')} not written: the reader of the output is too slow`);
  console.exitCode = EXIT_INCOMPLETE;
}

/** The names that the devices have which are there. Events carry these, and not an alternative name that the user gave. */
function presentNames(given: readonly string[]): string[] {
  for (const name of given) assertInterfaceName(name);
  using links = Links.open();
  return [...new Set(given.map((name) => links.byName(name)?.name ?? name))];
}

/** Queries the holders of the present devices. Must run before anything is watched: later changes are events. */
async function queryPresentHolders(names: readonly string[]): Promise<ReadonlyMap<number, QueriedHolder>> {
  using links = Links.open();
  const taps = links.listKind('tun').filter(({ tun }) => tun?.type === 'tap' && tun.queues > 0);
  const watched = taps.filter(({ name }) => names.length === 0 || names.includes(name));
  return await queryHolders(
    watched.map(({ index }) => index),
    PRESENT_MS,
  );
}

function watchDevices(
  names: readonly string[],
  { all = false }: MonitorOptions,
  { sink, ...options }: { readonly sink: EventSink } & DeviceSourceOptions,
  console: Console,
): DeviceSource {
  const source = new DeviceSource({ names: new Set(names), all }, sink, options);
  console.note(`monitor: watching ${describe(names, all, source)}`);
  return source;
}

function describe(names: readonly string[], all: boolean, source: DeviceSource): string {
  if (names.length === 0) return all ? 'all links' : 'all TAP devices';
  return names.map((name) => (source.has(name) ? name : `${name}, which does not exist yet`)).join('; ');
}
