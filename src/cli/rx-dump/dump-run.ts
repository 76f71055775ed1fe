import { deviceDeleted, noSuchQueue } from '../../tap/device-refusal.js';
import { fileRefused } from '../../tap/file-refusal.js';
import { ReceiveLoop } from '../../tap/receive-loop.js';
import { findTap, queueCountOf, TapDevice } from '../../tap/tap-device.js';
import type { Console } from '../console.js';
import { EXIT_INCOMPLETE } from '../exit-code.js';
import type { OutputWriter } from '../output-writer.js';
import { describeQueues } from '../queue-selection.js';
import { Undo } from '../undo.js';
import { DeviceWatch } from './device-watch.js';
import type { DumpOptions } from './dump-arguments.js';
import { chooseSink, openOutput } from './dump-output.js';
import { Ending, type EndReason } from './ending.js';
import { FrameDelivery } from './frame-delivery.js';
import { MissedCount } from './missed-count.js';

/** How long the end waits for a reader of the output that has stopped reading. */
const DRAIN_MS = 1000;

/** `rtap rx-dump`: reads until the count, the duration, a signal, or the end of the device or of the output. */
export async function runDump(name: string, options: DumpOptions, console: Console): Promise<void> {
  const link = findTap(name, 'read');
  const queueCount = options.queueCount ?? queueCountOf(link);
  const queues = chooseQueues(name, options, queueCount);
  const sink = await chooseSink(options);
  const ending = new Ending();
  using undo = new Undo();
  using device = TapDevice.open(name, { queueCount, share: options.share });
  // Not before: a device that cannot be read costs nobody his last capture.
  using output = openOutput(options, console);
  // Only now: a pipe lets us wait for its reader, and a signal ends that wait as it ends any program.
  undo.own(console.onStop(() => ending.reach('signal')));
  using missed = new MissedCount(device.ifindex);
  using _watch = new DeviceWatch(link, console, ending);
  output.write(sink.begin());
  output.flush();
  console.note(`rx-dump: listening on ${name}, ${describeQueues(queues)}, link-type EN10MB (Ethernet)`);
  const delivery = new FrameDelivery(sink, output, ending, { queues, countMax: options.countMax });
  undo.own(console.onReport(() => reportCounts(delivery, missed, output.refused, console)));
  if (options.duration !== undefined) undo.timeout(options.duration * 1000, () => ending.reach('duration'));
  const reason = await receive(device, delivery, output, ending, link.txqueuelen);
  await output.drain(DRAIN_MS);
  // A reader that has left wanted no more: nothing was lost to him.
  const lost = output.error?.code === 'EPIPE' ? 0 : output.dropped;
  reportCounts(delivery, missed, lost, console);
  conclude({ reason, name, options, output, lost }, console);
}

async function receive(
  device: TapDevice,
  delivery: FrameDelivery,
  output: OutputWriter,
  ending: Ending,
  waitingFramesMax: number,
): Promise<EndReason> {
  using loop = new ReceiveLoop(device, device.queues, delivery);
  output.onError(() => ending.reach('output'));
  const reason = await ending.reached;
  // What is waiting now was sent before the end: it belongs to the run.
  if (reason === 'signal' || reason === 'duration') loop.drain(device.queues, waitingFramesMax);
  return reason;
}

/** The queue numbers that `-q` names; throws where the device has no such queue. */
function chooseQueues(name: string, options: DumpOptions, queueCount: number): number[] {
  if (options.selection === 'all') return Array.from({ length: queueCount }, (_, number) => number);
  const missing = options.selection.find((number) => number >= queueCount);
  if (missing === undefined) return [...options.selection];
  throw noSuchQueue(name, missing, queueCount);
}

function reportCounts(delivery: FrameDelivery, missed: MissedCount, lost: number, console: Console): void {
  console.note(`${plural(delivery.captured, 'packet')} captured`);
  if (delivery.discarded > 0) {
    console.note(
      `${plural(delivery.discarded, 'packet')} discarded in ${describeQueues(delivery.discardedIn)}`,
    );
  }
  console.note(
    `${plural(missed.read(), 'packet')} missed (dropped by the kernel before rtap could read them)`,
  );
  if (lost > 0)
    console.note(`${plural(lost, 'packet')} not written: the output is full, or its reader too slow`);
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** How a run has ended. */
interface Conclusion {
  readonly reason: EndReason;
  readonly name: string;
  readonly options: DumpOptions;
  readonly output: OutputWriter;
  /** Packets that the output did not take. */
  readonly lost: number;
}

/** Turns the end of a run into an exit code or an error. */
function conclude({ reason, name, options, output, lost }: Conclusion, console: Console): void {
  const { error } = output;
  if (error !== undefined && error.code !== 'EPIPE') {
    const path = options.write === undefined || options.write === '-' ? 'standard output' : options.write;
    throw fileRefused('write', path, error.code ?? '');
  }
  if (reason === 'gone') throw deviceDeleted(name, 'go on reading');
  if (lost > 0) console.exitCode = EXIT_INCOMPLETE;
}
