import type { SystemError } from '../../../errors.js';
import { deviceDeleted, headerChanged } from '../../../tap/link/device-errors.js';
import { findTap } from '../../../tap/link/tap-link.js';
import { ReceiveLoop } from '../../../tap/queue/receive-loop.js';
import { TapDevice, type TapDeviceOptions } from '../../../tap/queue/tap-device.js';
import { describeDisabled, describeQueues } from '../../arguments/queue-selection.js';
import { DeviceWatch } from '../../device/device-watch.js';
import { suggestLongerQueue } from '../../device/longer-queue.js';
import { isHelpedByLongerQueue } from '../../device/missed-packets.js';
import { EXIT_INCOMPLETE } from '../../errors/exit-code.js';
import { plural } from '../../output/plural.js';
import type { Console } from '../../process/console.js';
import { Undo } from '../../process/undo.js';
import { EventWatch } from '../recorder/event-watch.js';
import { type RunCounts, reportDeviceCounts, reportLost } from './count-report.js';
import { DeviceCounters } from './device-counters.js';
import type { DumpOptions } from './dump-arguments.js';
import { DumpOutput } from './dump-output.js';
import { DumpPlan } from './dump-plan.js';
import { watchSignals } from './dump-signals.js';
import { Ending, type EndReason } from './ending.js';
import { FrameDelivery } from './frame-delivery.js';

/** `rtap rx-dump`: reads until the count, the duration, a signal, or the end of the device or of the output. */
export async function runDump(name: string, options: DumpOptions, console: Console): Promise<RunCounts> {
  const link = findTap(name, 'read');
  using plan = await DumpPlan.make(options, [{ name }]);
  const ending = new Ending();
  using undo = new Undo();
  using device = TapDevice.open(name, deviceOptions(options));
  const { selection } = options;
  const queues = selection === 'all' ? device.queues.map(({ number }) => number) : selection;
  using counters = new DeviceCounters(device);
  // After the device: if that cannot be read, an older capture of this name is not overwritten.
  using output = DumpOutput.open(plan.sinks, options, console, { counter: counters, meanwhile: true });
  const counts = counters.frames;
  const pipeline = plan.pipeline(output, ending, counts);
  const delivery = new FrameDelivery(pipeline, ending, { queues, counts });
  const report = () => reportDeviceCounts(counters, options, console);
  let reported = Promise.resolve();
  const reportNow = () => {
    reported = reported.then(() => reportSoFar(report, output, console));
  };
  // After the output: opening a pipe waits for its reader, and a signal shall end that wait as it ends any program.
  using recording = output.recorder && new EventWatch(link, output.recorder, counters);
  const onReport = recording?.takesSignal ? () => recording.signal() : reportNow;
  watchSignals({ output, ending, report: onReport }, console, undo);
  // timeout(1) sends SIGCONT behind the signal that ends the run: no process was stopped then.
  undo.own(console.onContinue(() => ending.reason === undefined && reportStop(counters, console)));
  using _watch = new DeviceWatch(link, { console, command: 'rx-dump', onGone: () => ending.reach('gone') });
  reportBacklog(device, console);
  warnOfDisabled(device, queues, console);
  console.note(`rx-dump: listening on ${name}, ${describeQueues(queues)}, link-type EN10MB (Ethernet)`);
  if (options.duration !== undefined) undo.timeout(options.duration * 1000, () => ending.reach('duration'));
  output.watch(ending);
  const reason = await receive(device, delivery, ending, {
    waitingFramesMax: link.txqueuelen,
    busyPoll: options.busyPoll,
  });
  await output.finish();
  await reported;
  const missed = await report();
  reportLost(output.lost, console);
  if (isHelpedByLongerQueue(missed)) suggestLongerQueue(link, console);
  plan.conclude(counts, console, missed);
  output.assertWritten();
  if (reason === 'gone') throw endOfDevice(device);
  if (output.lost > 0) console.exitCode = EXIT_INCOMPLETE;
  return { captured: counts.captured, missed: missed.missed, unwritten: output.lost };
}

/** Why nothing can be read any more. */
function endOfDevice({ name, queues }: TapDevice): SystemError {
  const action = 'go on reading';
  const changed = queues.find(({ changedHeaderBytes }) => changedHeaderBytes !== undefined);
  return changed?.changedHeaderBytes === undefined
    ? deviceDeleted(name, action)
    : headerChanged(name, action, changed.changedHeaderBytes);
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

/** Reports frames from before this run that were in a holder's queues. */
function reportBacklog({ backlogDiscarded }: TapDevice, console: Console): void {
  if (backlogDiscarded > 0)
    console.note(`rx-dump: ${plural(backlogDiscarded, 'waiting packet')} discarded (--backlog keeps them)`);
}

/** A borrower that shares the queues can have detached them. */
function warnOfDisabled(device: TapDevice, queues: readonly number[], console: Console): void {
  const disabled = device.disabledQueues.filter((queue) => queues.includes(queue));
  if (disabled.length > 0)
    console.warn(describeDisabled(device.name, disabled, 'the kernel sends no frames to disabled queues'));
}

/** What still waits for a slow reader is not reported as lost. */
async function reportSoFar(
  report: () => Promise<unknown>,
  output: DumpOutput,
  console: Console,
): Promise<void> {
  await report();
  reportLost(output.refused, console);
}

/** After Ctrl-Z and fg, or a debugger: the kernel drops frames while the process is stopped and the queues are full. */
function reportStop(counters: DeviceCounters, console: Console): void {
  console.note(`rx-dump: continues after a stop, ${plural(counters.missed, 'packet')} missed so far`);
}

async function receive(
  device: TapDevice,
  delivery: FrameDelivery,
  ending: Ending,
  { waitingFramesMax, busyPoll }: { readonly waitingFramesMax: number; readonly busyPoll: boolean },
): Promise<EndReason> {
  using loop = new ReceiveLoop(device, device.queues, delivery, { busyPoll });
  const reason = await ending.reached;
  // Frames that wait now were sent before the end, so they belong to the run.
  if (reason === 'signal' || reason === 'duration') loop.drain(device.queues, waitingFramesMax);
  return reason;
}
