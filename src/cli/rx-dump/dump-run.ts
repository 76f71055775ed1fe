import { deviceDeleted, noSuchQueue } from '../../tap/device-refusal.js';
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
  undo.own(console.onStop(() => ending.reach('signal')));
  using device = TapDevice.open(name, { queueCount, share: options.share });
  // Not before: a device that cannot be read costs nobody his last capture.
  using output = openOutput(options, console);
  using missed = new MissedCount(device.ifindex);
  using _watch = new DeviceWatch(link, console, ending);
  output.write(sink.begin());
  output.flush();
  console.note(`rx-dump: listening on ${name}, ${describeQueues(queues)}, link-type EN10MB (Ethernet)`);
  const delivery = new FrameDelivery(sink, output, ending, { queues, countMax: options.countMax });
  undo.own(console.onReport(() => reportCounts(delivery, missed, output, console)));
  if (options.duration !== undefined) undo.timeout(options.duration * 1000, () => ending.reach('duration'));
  const reason = await receive(device, delivery, output, ending, link.txqueuelen);
  await output.drain(DRAIN_MS);
  reportCounts(delivery, missed, output, console);
  conclude(reason, name, output, console);
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

function reportCounts(
  delivery: FrameDelivery,
  missed: MissedCount,
  output: OutputWriter,
  console: Console,
): void {
  console.note(`${plural(delivery.captured, 'packet')} captured`);
  if (delivery.discarded > 0) {
    console.note(
      `${plural(delivery.discarded, 'packet')} discarded in ${describeQueues(delivery.discardedIn)}`,
    );
  }
  console.note(
    `${plural(missed.read(), 'packet')} missed (dropped by the kernel before rtap could read them)`,
  );
  if (output.error === undefined && output.dropped > 0) {
    console.note(`${plural(output.dropped, 'packet')} not printed: the reader of the output is too slow`);
  }
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** Turns the reason of the end into an exit code or an error. */
function conclude(reason: EndReason, name: string, output: OutputWriter, console: Console): void {
  const { error } = output;
  // A reader that has left wants no more: no failure.
  if (error !== undefined && error.code !== 'EPIPE') throw error;
  if (reason === 'gone') {
    throw deviceDeleted(name, 'go on reading');
  }
  if (error === undefined && output.dropped > 0) console.exitCode = EXIT_INCOMPLETE;
}
