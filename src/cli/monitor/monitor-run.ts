import { assertInterfaceName } from '../../tap/interface-name.js';
import type { Console } from '../console.js';
import { EXIT_INCOMPLETE } from '../exit-code.js';
import { plural } from '../plural.js';
import { StopRequest } from '../stop-request.js';
import { DeviceSource, type LinkFollower } from './device-source.js';
import { EventOutput } from './event-output.js';
import { HolderSource } from './holder-source.js';
import type { EventSink, EventSource } from './monitor-event.js';

/** The options of `rtap monitor`. */
export interface MonitorOptions {
  readonly all?: boolean;
  readonly initial?: boolean;
  readonly json?: boolean;
}

/** `rtap monitor`: tells what happens until a signal comes or the reader leaves. */
export async function runMonitor(
  names: readonly string[],
  options: MonitorOptions,
  console: Console,
): Promise<void> {
  for (const name of names) assertInterfaceName(name);
  using stop = new StopRequest(console);
  const sources: EventSource[] = [];
  const retry = () => {
    for (const source of sources) source.catchUp();
  };
  using output = new EventOutput({ json: options.json === true, retry });
  try {
    const holders = new HolderSource(output);
    sources.push(holders, watchDevices(names, options, { sink: output, follower: holders }, console));
    await Promise.race([stop.happened, output.failed]);
  } finally {
    for (const source of sources) source[Symbol.dispose]();
  }
  await output.finish();
  if (output.lost === 0) return;
  console.note(`${plural(output.lost, 'event')} not written: the reader of the output is too slow`);
  console.exitCode = EXIT_INCOMPLETE;
}

function watchDevices(
  names: readonly string[],
  { all = false, initial = false }: MonitorOptions,
  { sink, follower }: { readonly sink: EventSink; readonly follower: LinkFollower },
  console: Console,
): DeviceSource {
  const source = new DeviceSource({ names: new Set(names), all }, sink, { initial, follower });
  console.note(`monitor: watching ${describe(names, all, source)}`);
  return source;
}

function describe(names: readonly string[], all: boolean, source: DeviceSource): string {
  if (names.length === 0) return all ? 'all links' : 'all TAP devices';
  return names.map((name) => (source.has(name) ? name : `${name}, which is not there yet`)).join('; ');
}
