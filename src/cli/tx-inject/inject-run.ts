import type { Link } from '../../netlink/link.js';
import { Links } from '../../netlink/links.js';
import { readAddressFilter } from '../../tap/device/address-filter.js';
import { findUnreadQueues } from '../../tap/lease/unread-queues.js';
import { deviceDeleted } from '../../tap/link/device-errors.js';
import { MissedCount } from '../../tap/link/missed-count.js';
import { findTap } from '../../tap/link/tap-link.js';
import {
  openQueuesForSending,
  type SendingQueues,
  waitUntilRunning,
} from '../../tap/queue/sending-device.js';
import { describeDisabled } from '../arguments/queue-selection.js';
import { CommandWriter } from '../errors/command-writer.js';
import { EXIT_INCOMPLETE } from '../errors/exit-code.js';
import { plural } from '../output/plural.js';
import type { Console } from '../process/console.js';
import { StopRequest } from '../process/stop-request.js';
import { Undo } from '../process/undo.js';
import { findPortFault } from './bridge-port.js';
import { makeDueTimes } from './due-times.js';
import { secondsText } from './gap-cuts.js';
import type { InjectOptions } from './inject-arguments.js';
import { captureNames, openSource, repeatsItself } from './injected-input.js';
import { Injection, type InjectionBounds } from './injection.js';
import { describeLedger, type FinishedRun, ledgerJson } from './ledger-report.js';
import { burstsPerQueue, chooseLane, makeLanes, startThreads } from './opened-lanes.js';
import { Progress } from './progress.js';
import { RunBooks } from './run-books.js';
import { Transmission } from './sending/transmission.js';
import type { FrameSource } from './sources/frame-source.js';
import { PreloadedSource } from './sources/preloaded-source.js';
import { storeBytes, useStore } from './store-use.js';
import { describeBridge } from './templates/template-endpoints.js';

/** How long to wait for the device's carrier. */
const RUNNING_TIMEOUT_MS = 1000;
/** Time from the first refused frame to the warning that the device is down. */
const DOWN_WARNING_MS = 50;

/** `rtap tx-inject`: sends the whole input, and reports what became of the frames. */
export async function runInjection(name: string, options: InjectOptions, console: Console): Promise<void> {
  // Before signals are handled: opening a pipe waits for its writer, and a signal shall end that wait as it ends any program.
  using opened = openSource(name, options, console);
  using stop = new StopRequest(console);
  void stop.happened.then(() => opened.cancel());
  // Before input is read: what comes from a pipe cannot be read again.
  const { index, master } = findTap(name, 'send into');
  using links = Links.open();
  warnOfBridge(name, options, master === undefined ? undefined : links.byIndex(master), console);
  using undo = new Undo();
  const warnOfDown = () => {
    // A device that is being deleted goes down first. The end of the run reports that.
    if (links.byIndex(index) !== undefined)
      console.warn(`${name} is down: the kernel refuses frames until it is up`);
  };
  const books = new RunBooks(options, console, () => undo.timeout(DOWN_WARNING_MS, warnOfDown));
  const { clock, lateness, gapCuts } = books;
  undo.own(console.onReport(() => reportSoFar(books, console)));
  const source = options.preload ? await PreloadedSource.load(opened, captureNames(options.read)) : opened;
  const selection = options.queues === 'recorded' ? 'all' : options.queues;
  const choice = {
    selection,
    queuesGiven: options.queueCount,
    burstsPerQueue: burstsPerQueue(options),
    storeBytes: (frames: number) => storeBytes(source, options, frames),
  };
  // The holder's answer may take a while, and a signal shall end that wait.
  const sending = await stop.unguarded(() => openQueuesForSending(name, choice));
  using _device = sending.device;
  const { ifindex } = sending.device;
  await warnOfDevice(name, sending, links, console);
  const receivedBefore = kernelReceived(links, ifindex) ?? 0;
  using missedCount = new MissedCount(ifindex);
  const sent = await inject(source, sending, { options, books, stop, console });
  const { seconds } = clock;
  const receivedAfter = kernelReceived(links, ifindex);
  const kernel = receivedAfter === undefined ? undefined : receivedAfter - receivedBefore;
  const unread = (await findUnreadQueues([ifindex])).get(ifindex);
  const { timing } = options;
  const asked = timing.kind === 'steady' ? timing.rate : undefined;
  const error = sent.fault ?? (sent.gone ? deviceDeleted(name, 'go on sending into') : undefined);
  const run = {
    name,
    queueCount: sending.queueCount,
    mtu: sending.link.mtu,
    ledger: books.ledger,
    kernel,
    missed: {
      missed: missedCount.read(),
      unread,
      filtered: readAddressFilter({ index: ifindex }) !== undefined,
    },
    seconds,
    pausedSeconds: sent.pausedSeconds,
    lateness,
    gapCuts,
    asked,
    stopped: stop.requested,
    error,
  };
  if (sent.inputEnded && !stop.requested) sayEarlyEnd(seconds, options, console);
  report(run, options, console);
  if (error !== undefined) throw error;
}

function warnOfBridge(
  name: string,
  { template }: InjectOptions,
  master: Link | undefined,
  console: Console,
): void {
  const warning = template === undefined ? undefined : describeBridge(name, master, template);
  if (warning !== undefined) console.warn(warning);
}

/** Waits for the carrier, and warns of what keeps the kernel or a bridge from taking frames. */
async function warnOfDevice(
  name: string,
  { device: { ifindex, disabledQueues }, besideNapi }: SendingQueues,
  links: Links,
  console: Console,
): Promise<void> {
  if (!(await waitUntilRunning(ifindex, RUNNING_TIMEOUT_MS))) {
    console.warn(`${name} has no carrier after ${RUNNING_TIMEOUT_MS / 1000} s: the first frames may be lost`);
  }
  if (disabledQueues.length > 0) {
    const note = 'the kernel takes frames from disabled queues only on devices without NAPI';
    console.warn(describeDisabled(name, disabledQueues, note));
  }
  const portFault = await findPortFault(links, ifindex);
  if (portFault !== undefined) console.warn(portFault);
  if (besideNapi) {
    const command = new CommandWriter(console.namespace).rtap('hold', name, '--detach');
    console.note(`tx-inject: sends without NAPI; to send through NAPI, start a holder first: ${command}`);
  }
}

/** A duration that is longer than the input is no limit, and a user who gave one may expect a run of that length. */
function sayEarlyEnd(seconds: number, { durationSeconds }: InjectOptions, console: Console): void {
  if (durationSeconds === Infinity || seconds >= durationSeconds) return;
  console.note(
    `tx-inject: the input ended after ${secondsText(seconds)}, before --duration (${secondsText(durationSeconds)}); -l 0 repeats it`,
  );
}

function reportSoFar(books: RunBooks, console: Console): void {
  const { offered, accepted } = books.count();
  console.note(`${plural(offered, 'packet')} offered, ${accepted} accepted so far`);
}

function report(run: FinishedRun, options: InjectOptions, console: Console): void {
  for (const line of describeLedger(run)) console.note(line);
  if (options.json) console.printJson(ledgerJson(run));
  const { refusedCount, accepted } = run.ledger.total();
  if (refusedCount > 0 || (run.kernel ?? 0) < accepted) console.exitCode = EXIT_INCOMPLETE;
}

/** What a run works with. */
interface RunContext {
  readonly options: InjectOptions;
  readonly books: RunBooks;
  readonly stop: StopRequest;
  readonly console: Console;
}

/** How sending ended. */
interface Sent {
  /** The fault in the input that ended it. */
  readonly fault: Error | undefined;
  readonly inputEnded: boolean;
  /** Whether the device was deleted. */
  readonly gone: boolean;
  /** Seconds of pauses between passes. */
  readonly pausedSeconds: number;
}

/** Sends the frames. */
async function inject(source: FrameSource, sending: SendingQueues, context: RunContext): Promise<Sent> {
  const { options, books, stop } = context;
  const { ledger, clock, gapCuts } = books;
  await using threads = await startThreads(sending, options);
  const lanes = makeLanes(sending, threads, options, books);
  const { mtu } = sending.link;
  const release = () => {
    transmission.flush();
    transmission.finish();
  };
  const stored = useStore(source, sending, release);
  const sendOptions = { ...options, ...stored, mtu, unplaced: ledger.unplaced };
  using transmission = new Transmission(lanes, chooseLane(lanes, options), sendOptions);
  // Once more, so that the threads end before the memory is given back that they send from.
  await using _ended = threads;
  books.settle = () => transmission.settle();
  const { loopDelaySeconds } = options;
  const onCut = (seconds: number) => gapCuts?.add(seconds);
  const dueTimes = makeDueTimes(options.timing, { loopDelaySeconds, onCut });
  const parts = { source, dueTimes, clock, transmission, stopped: () => stop.requested };
  const injection = new Injection(parts, boundsOf(options));
  using undo = new Undo();
  if (options.progress) undo.own(showProgress(injection, sending.device.name, context));
  const fault = await injection.run();
  return {
    fault,
    inputEnded: injection.inputEnded,
    gone: transmission.gone,
    pausedSeconds: dueTimes.pausedSeconds,
  };
}

function showProgress(injection: Injection, name: string, { books, console }: RunContext): () => void {
  const progress = new Progress(console, name, () => ({
    accepted: books.count().accepted,
    seconds: books.clock.seconds,
    fraction: injection.fraction,
    readFraction: injection.readFraction,
    pauseLeft: injection.pauseLeft,
    pausesCut: books.gapCuts?.count ?? 0,
  }));
  return () => progress[Symbol.dispose]();
}

function boundsOf(options: InjectOptions): InjectionBounds {
  return repeatsItself(options) ? { ...options, loops: 1 } : options;
}

/** Packets that the kernel has received from the device; undefined for one that is gone. */
function kernelReceived(links: Links, ifindex: number): number | undefined {
  return links.byIndex(ifindex)?.stats64.rx.packets;
}
