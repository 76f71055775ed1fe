import { deviceDeleted, noSuchQueue } from '../../tap/device-refusal.js';
import { ReceiveLoop } from '../../tap/receive-loop.js';
import { findTap, queueCountOf, TapDevice } from '../../tap/tap-device.js';
import type { Console } from '../console.js';
import { EXIT_INCOMPLETE } from '../exit-code.js';
import { describeQueues } from '../queue-selection.js';
import { TXQUEUELEN_MAX } from '../txqueuelen.js';
import { Undo } from '../undo.js';
import { reportDeviceCounts, reportLost } from './count-report.js';
import { DeviceCounters } from './device-counters.js';
import { DeviceWatch } from './device-watch.js';
import type { DumpOptions } from './dump-arguments.js';
import { DumpOutput } from './dump-output.js';
import { DumpPlan } from './dump-plan.js';
import { watchSignals } from './dump-signals.js';
import { Ending, type EndReason } from './ending.js';
import { FrameDelivery } from './frame-delivery.js';

/** `rtap rx-dump`: reads until the count, the duration, a signal, or the end of the device or of the output. */
export async function runDump(name: string, options: DumpOptions, console: Console): Promise<void> {
  const link = findTap(name, 'read');
  const queueCount = options.queueCount ?? queueCountOf(link);
  const queues = chooseQueues(name, options, queueCount);
  using plan = await DumpPlan.make(options, [{ name }]);
  const ending = new Ending();
  using undo = new Undo();
  using device = TapDevice.open(name, deviceOptions(options, queueCount));
  using counters = new DeviceCounters(device);
  // Not before: a device that cannot be read costs nobody his last capture.
  using output = DumpOutput.open(plan.sinks, options, console, () => counters.statistics());
  const pipeline = plan.pipeline(output, ending);
  const delivery = new FrameDelivery(pipeline, ending, queues);
  counters.follow(pipeline, delivery);
  const report = () => reportDeviceCounts(pipeline, counters, options, console);
  // Only now: a pipe lets us wait for its reader, and a signal ends that wait as it ends any program.
  watchSignals({ output, ending, report: () => reportSoFar(report, output, console) }, console, undo);
  using _watch = new DeviceWatch(link, console, ending);
  console.note(`rx-dump: listening on ${name}, ${describeQueues(queues)}, link-type EN10MB (Ethernet)`);
  if (options.duration !== undefined) undo.timeout(options.duration * 1000, () => ending.reach('duration'));
  output.watch(ending);
  const reason = await receive(device, delivery, ending, link.txqueuelen);
  await output.finish();
  report();
  reportLost(output.lost, console);
  const { missed } = counters;
  if (missed > 0)
    console.note(
      `hint: a longer queue misses less: ip link set ${name} txqueuelen ${longerQueue(link.txqueuelen)}`,
    );
  plan.conclude(pipeline, console, { missed });
  output.assertWritten();
  if (reason === 'gone') throw deviceDeleted(name, 'go on reading');
  if (output.lost > 0) console.exitCode = EXIT_INCOMPLETE;
}

function deviceOptions({ share, segmentBytes }: DumpOptions, queueCount: number) {
  return { queueCount, share, ...(segmentBytes === undefined ? {} : { segmentBytes }) };
}

/** What is worth trying where so many frames were not enough. */
function longerQueue(frames: number): number {
  return Math.min(Math.max(10_000, frames * 10), TXQUEUELEN_MAX);
}

/** What waits for a slow reader is not lost yet. */
function reportSoFar(report: () => void, output: DumpOutput, console: Console): void {
  report();
  reportLost(output.refused, console);
}

async function receive(
  device: TapDevice,
  delivery: FrameDelivery,
  ending: Ending,
  waitingFramesMax: number,
): Promise<EndReason> {
  using loop = new ReceiveLoop(device, device.queues, delivery);
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
