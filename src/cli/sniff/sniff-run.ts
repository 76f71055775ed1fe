import type { Link } from '../../netlink/link.js';
import { findLink } from '../../tap/link/tap-link.js';
import { readDeviceRecord } from '../../tap/state/device-record.js';
import { FrameWatch } from '../../tap/watch/frame-watch.js';
import { describeQueues } from '../arguments/queue-selection.js';
import { DeviceWatch } from '../device/device-watch.js';
import { EXIT_INCOMPLETE } from '../errors/exit-code.js';
import { plural } from '../output/plural.js';
import type { Console } from '../process/console.js';
import { Undo } from '../process/undo.js';
import { EventWatch } from '../rx-dump/recorder/event-watch.js';
import { type RunCounts, reportLost } from '../rx-dump/run/count-report.js';
import { DumpOutput } from '../rx-dump/run/dump-output.js';
import { DumpPlan } from '../rx-dump/run/dump-plan.js';
import { watchSignals } from '../rx-dump/run/dump-signals.js';
import { Ending } from '../rx-dump/run/ending.js';
import type { SniffOptions } from './sniff-arguments.js';
import { SniffCounters } from './sniff-counters.js';
import { reportSniffCounts, suggestLargerBuffer } from './sniff-report.js';
import { WatchedDelivery } from './watched-delivery.js';

/**
 * How long a frame may lie in the kernel's memory when nothing is printed. The longer it is, the longer the pauses of this process
 * that the memory bridges. Milliseconds.
 */
const UNSEEN_FILLING_MS = 100;

/** `rtap sniff`: watches until the count, the duration, a signal, or the end of the device or of the output. */
export async function runSniff(name: string, options: SniffOptions, console: Console): Promise<RunCounts> {
  const link = findLink(name, 'watch');
  const text = { ...options.text, watched: link.name };
  // The kernel runs the filter.
  using plan = await DumpPlan.make({ ...options, text, filter: '' }, [{ name: link.name }]);
  const ending = new Ending();
  using undo = new Undo();
  using watch = FrameWatch.open(name, watchOptions(options));
  using counters = new SniffCounters(watch);
  // After the device: if that cannot be watched, an older capture of this name is not overwritten.
  using output = DumpOutput.open(plan.sinks, options, console, { counter: counters });
  const counts = counters.frames;
  const delivery = new WatchedDelivery(plan.pipeline(output, ending, counts));
  const report = () => reportSniffCounts(counters, options, console);
  using recording = output.recorder && new EventWatch(link, output.recorder, counters);
  watchSignals(
    { output, ending, report: recording?.takesSignal ? () => recording.signal() : report },
    console,
    undo,
  );
  undo.own(console.onContinue(() => ending.reason === undefined && reportStop(counters, console)));
  using _events = new DeviceWatch(link, { console, command: 'sniff' });
  reportStart(watch, options, console);
  if (link.tun?.queues === 0) {
    reportUnattached(watch.name, console);
    reportAbsentQueues(link, options, console);
  }
  if (options.duration !== undefined) undo.timeout(options.duration * 1000, () => ending.reach('duration'));
  output.watch(ending);
  await deliver(watch, delivery, ending);
  await output.finish();
  report();
  reportLost(output.lost, console);
  const { dropped } = counters;
  if (dropped > 0) suggestLargerBuffer(options, console);
  plan.conclude(counts, console, { missed: dropped });
  output.assertWritten();
  if (watch.endError !== undefined) throw watch.endError;
  if (output.lost > 0) console.exitCode = EXIT_INCOMPLETE;
  return { captured: counts.captured, missed: dropped, unwritten: output.lost };
}

function watchOptions(options: SniffOptions) {
  const { selection, direction, filter, ringBytes, immediate, promiscuous } = options;
  const { raw, verify, snapBytes, printing } = options;
  const isSeen = printing === 'text' || printing === 'json';
  return {
    queues: selection === 'all' ? undefined : selection,
    direction,
    filter,
    ringBytes,
    immediate,
    promiscuous,
    // The bytes that are cut off belong to the checksum that is completed, and hold the stamp.
    snapshotBytes: raw && !verify ? snapBytes : undefined,
    fillingMs: isSeen || immediate ? undefined : UNSEEN_FILLING_MS,
  };
}

/** Passes frames on until the run ends. Frames that passed before a signal or the end of the duration belong to it. */
async function deliver(watch: FrameWatch, delivery: WatchedDelivery, ending: Ending): Promise<void> {
  using bursts = watch.bursts();
  void ending.reached.then((reason) => {
    if (reason === 'signal' || reason === 'duration') watch.finish();
    else bursts[Symbol.dispose]();
  });
  for await (const burst of bursts) delivery.take(burst);
}

function reportStart(watch: FrameWatch, { selection }: SniffOptions, console: Console): void {
  const queues = selection === 'all' ? 'all queues' : describeQueues(selection);
  const which = watch.isTap ? `, ${queues}` : '';
  console.note(`sniff: listening on ${watch.name}${which}, link-type EN10MB (Ethernet)`);
  if (!watch.filteredByKernel)
    console.warn('the kernel refuses this filter: rtap runs it, and the buffer has to take all frames');
}

/** The carrier is off then: frames are dropped before a packet socket sees them. */
function reportUnattached(name: string, console: Console): void {
  console.warn(`no program has ${name} attached, and the kernel sends no frame out of it until one does`);
}

/** rtap made the device with fewer queues. Another program can still attach more. */
function reportAbsentQueues({ index, name }: Link, { selection }: SniffOptions, console: Console): void {
  const queues = readDeviceRecord(index)?.queues ?? Number.POSITIVE_INFINITY;
  const absent = selection === 'all' ? [] : selection.filter((number) => number >= queues);
  if (absent.length > 0)
    console.warn(
      `${name} was made with ${plural(queues, 'queue')}: no frame of ${describeQueues(absent)} comes unless a program attaches more`,
    );
}

/** After Ctrl-Z and fg, or a debugger: the kernel drops frames while the process is stopped and the buffer is full. */
function reportStop(counters: SniffCounters, console: Console): void {
  console.note(
    `sniff: continues after a stop, ${plural(counters.dropped, 'packet')} dropped by kernel so far`,
  );
}
