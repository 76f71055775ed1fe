import { deviceDeleted } from '../../../tap/link/device-errors.js';
import { findTap } from '../../../tap/link/tap-link.js';
import { ReceiveLoop } from '../../../tap/queue/receive-loop.js';
import { TapDevice, type TapDeviceOptions } from '../../../tap/queue/tap-device.js';
import { describeQueues } from '../../arguments/queue-selection.js';
import { DeviceWatch } from '../../device/device-watch.js';
import { longerQueueHint } from '../../device/longer-queue.js';
import { EXIT_INCOMPLETE } from '../../errors/exit-code.js';
import { plural } from '../../output/plural.js';
import type { Console } from '../../process/console.js';
import { Undo } from '../../process/undo.js';
import { reportDeviceCounts, reportLost } from './count-report.js';
import { DeviceCounters } from './device-counters.js';
import type { DumpOptions } from './dump-arguments.js';
import { DumpOutput } from './dump-output.js';
import { DumpPlan } from './dump-plan.js';
import { watchSignals } from './dump-signals.js';
import { Ending, type EndReason } from './ending.js';
import { FrameDelivery } from './frame-delivery.js';

/** `rtap rx-dump`: reads until the count, the duration, a signal, or the end of the device or of the output. */
export async function runDump(name: string, options: DumpOptions, console: Console): Promise<void> {
  const link = findTap(name, 'read');
  using plan = await DumpPlan.make(options, [{ name }]);
  const ending = new Ending();
  using undo = new Undo();
  using device = TapDevice.open(name, deviceOptions(options));
  const { selection } = options;
  const queues = selection === 'all' ? device.queues.map(({ number }) => number) : selection;
  using counters = new DeviceCounters(device);
  // Not before: a device that cannot be read costs nobody his last capture.
  using output = DumpOutput.open(plan.sinks, options, console, () => counters.statistics());
  const pipeline = plan.pipeline(output, ending);
  const delivery = new FrameDelivery(pipeline, ending, queues);
  counters.follow(pipeline, delivery);
  const report = () => reportDeviceCounts(pipeline, counters, options, console);
  // Only now: a pipe lets us wait for its reader, and a signal ends that wait as it ends any program.
  watchSignals({ output, ending, report: () => reportSoFar(report, output, console) }, console, undo);
  // timeout(1) sends SIGCONT behind the signal that ends the run: no process was stopped then.
  undo.own(console.onContinue(() => ending.reason === undefined && reportStop(counters, console)));
  const describeDown = (present: string) => `waiting for "rtap up ${present}"`;
  const onGone = () => ending.reach('gone');
  using _watch = new DeviceWatch(link, { console, command: 'rx-dump', describeDown, onGone });
  reportBacklog(device, console);
  console.note(`rx-dump: listening on ${name}, ${describeQueues(queues)}, link-type EN10MB (Ethernet)`);
  if (options.duration !== undefined) undo.timeout(options.duration * 1000, () => ending.reach('duration'));
  output.watch(ending);
  const reason = await receive(device, delivery, ending, {
    waitingFramesMax: link.txqueuelen,
    busyPoll: options.busyPoll,
  });
  await output.finish();
  report();
  reportLost(output.lost, console);
  const { missed } = counters;
  if (missed > 0) console.note(longerQueueHint(name, link.txqueuelen));
  plan.conclude(pipeline, console, { missed });
  output.assertWritten();
  if (reason === 'gone') throw deviceDeleted(name, 'go on reading');
  if (output.lost > 0) console.exitCode = EXIT_INCOMPLETE;
}

function deviceOptions({
  selection,
  queueCount,
  share,
  backlog,
  segmentBytes,
}: DumpOptions): TapDeviceOptions {
  return {
    ...(queueCount === undefined ? {} : { queueCount }),
    ...(selection === 'all' ? {} : { queueNumbers: selection }),
    ...(segmentBytes === undefined ? {} : { segmentBytes }),
    share,
    backlog,
    command: 'rx-dump',
  };
}

/** Frames from before this run, which a holder's queues kept. */
function reportBacklog({ backlogDiscarded }: TapDevice, console: Console): void {
  if (backlogDiscarded > 0)
    console.note(
      `rx-dump: ${plural(backlogDiscarded, 'packet')} that had waited discarded (--backlog keeps them)`,
    );
}

/** What waits for a slow reader is not lost yet. */
function reportSoFar(report: () => void, output: DumpOutput, console: Console): void {
  report();
  reportLost(output.refused, console);
}

/** Ctrl-Z and fg, or a debugger: what came meanwhile and found the queues full is gone. */
function reportStop(counters: DeviceCounters, console: Console): void {
  console.note(`rx-dump: goes on after a stop, ${plural(counters.missed, 'packet')} missed so far`);
}

async function receive(
  device: TapDevice,
  delivery: FrameDelivery,
  ending: Ending,
  { waitingFramesMax, busyPoll }: { readonly waitingFramesMax: number; readonly busyPoll: boolean },
): Promise<EndReason> {
  using loop = new ReceiveLoop(device, device.queues, delivery, { busyPoll });
  const reason = await ending.reached;
  // What is waiting now was sent before the end: it belongs to the run.
  if (reason === 'signal' || reason === 'duration') loop.drain(device.queues, waitingFramesMax);
  return reason;
}
