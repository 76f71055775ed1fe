import type { Link } from '../../netlink/link.js';
import { Links } from '../../netlink/links.js';
import { EthernetConversion } from '../../packet/capture/ethernet-conversion.js';
import { parseMacAddress } from '../../packet/headers/mac-address.js';
import { deviceDeleted } from '../../tap/link/device-errors.js';
import { findTap } from '../../tap/link/tap-link.js';
import { openForSending, type SendingDevice, waitUntilRunning } from '../../tap/queue/sending-device.js';
import { CommandWriter } from '../errors/command-writer.js';
import { EXIT_INCOMPLETE } from '../errors/exit-code.js';
import { inputName, openInput } from '../input/open-input.js';
import { plural } from '../output/plural.js';
import type { Console } from '../process/console.js';
import { StopRequest } from '../process/stop-request.js';
import { Undo } from '../process/undo.js';
import { makeDueTimes } from './due-times.js';
import { GapCuts, secondsText } from './gap-cuts.js';
import type { ConversionOptions, InjectOptions } from './inject-arguments.js';
import { Injection, type InjectionBounds } from './injection.js';
import { describeLedger, type FinishedRun, ledgerJson } from './ledger-report.js';
import { Progress } from './progress.js';
import { Lateness } from './sending/lateness.js';
import { Ledger } from './sending/ledger.js';
import { PacingClock } from './sending/pacing-clock.js';
import { Transmission } from './sending/transmission.js';
import { CaptureRow } from './sources/capture-row.js';
import { CaptureSource } from './sources/capture-source.js';
import type { FrameSource } from './sources/frame-source.js';
import { HexSource } from './sources/hex-source.js';
import { otherAddress } from './sources/other-address.js';
import { PreloadedSource } from './sources/preloaded-source.js';
import { TemplateSource } from './sources/template-source.js';
import { describeBridge } from './templates/template-endpoints.js';

/** How long to wait for the device's carrier. */
const RUNNING_TIMEOUT_MS = 1000;
/** Time from the first refused frame to the warning that the device is down. */
const DOWN_WARNING_MS = 50;

/** What a run counts and measures. */
class Books {
  readonly ledger: Ledger;
  readonly clock = new PacingClock();
  readonly lateness: Lateness | undefined;
  /** Undefined if pauses are not cut. */
  readonly gapCuts: GapCuts | undefined;

  constructor({ timing }: InjectOptions, console: Console, onDown: () => void) {
    if (timing.kind === 'recorded' && timing.gapSecondsMax !== Infinity)
      this.gapCuts = new GapCuts(timing.gapSecondsMax, (text) => console.note(text));
    this.lateness = timing.kind === 'topspeed' ? undefined : new Lateness();
    this.ledger = new Ledger((code) => {
      if (code === 'EIO') onDown();
    });
  }
}

/** `rtap tx-inject`: sends the whole input, and says what became of it. */
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
  const books = new Books(options, console, () => undo.timeout(DOWN_WARNING_MS, warnOfDown));
  const { ledger, lateness, gapCuts } = books;
  undo.own(
    console.onReport(() =>
      console.note(`${plural(ledger.offered, 'packet')} offered, ${ledger.accepted} accepted so far`),
    ),
  );
  const source = options.preload ? await PreloadedSource.load(opened, nameOf(options.read)) : opened;
  // The holder's answer may take a while, and a signal shall end that wait.
  const sending = await stop.unguarded(() => openForSending(name, options.queue, options.queueCount));
  using _device = sending.device;
  const { ifindex } = sending.device;
  if (!(await waitUntilRunning(ifindex, RUNNING_TIMEOUT_MS))) {
    console.warn(`${name} has no carrier after ${RUNNING_TIMEOUT_MS / 1000} s: the first frames may be lost`);
  }
  if (sending.besideNapi) {
    const command = new CommandWriter(console.namespace).rtap('hold', name, '--detach');
    console.note(`tx-inject: sends without NAPI; to send through NAPI, start a holder first: ${command}`);
  }
  const receivedBefore = kernelReceived(links, ifindex) ?? 0;
  const { fault, inputEnded, pausedSeconds } = await inject(source, sending, {
    options,
    books,
    stop,
    console,
  });
  const { seconds } = books.clock;
  const receivedAfter = kernelReceived(links, ifindex);
  const kernel = receivedAfter === undefined ? undefined : receivedAfter - receivedBefore;
  const { mtu } = sending.link;
  const { queue, timing } = options;
  const asked = timing.kind === 'steady' ? timing.rate : undefined;
  const gone = sending.queue.gone ? deviceDeleted(name, 'go on sending into') : undefined;
  const error = fault ?? gone;
  const run = {
    name,
    queue,
    mtu,
    ledger,
    kernel,
    seconds,
    pausedSeconds,
    lateness,
    gapCuts,
    asked,
    stopped: stop.requested,
    error,
  };
  if (inputEnded && !stop.requested) sayEarlyEnd(seconds, options, console);
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

/** A duration that is longer than the input is no limit, and a user who gave one may expect a run of that length. */
function sayEarlyEnd(seconds: number, { durationSeconds }: InjectOptions, console: Console): void {
  if (durationSeconds === Infinity || seconds >= durationSeconds) return;
  console.note(
    `tx-inject: the input ended after ${secondsText(seconds)}, before --duration (${secondsText(durationSeconds)}); -l 0 repeats it`,
  );
}

function report(run: FinishedRun, options: InjectOptions, console: Console): void {
  for (const line of describeLedger(run)) console.note(line);
  if (options.json) console.printJson(ledgerJson(run));
  const { ledger, kernel } = run;
  if (ledger.refusedCount > 0 || (kernel ?? 0) < ledger.accepted) console.exitCode = EXIT_INCOMPLETE;
}

/** What a run works with. */
interface RunContext {
  readonly options: InjectOptions;
  readonly books: Books;
  readonly stop: StopRequest;
  readonly console: Console;
}

/** How sending ended. */
interface Sent {
  /** The fault in the input that ended it. */
  readonly fault: Error | undefined;
  readonly inputEnded: boolean;
  /** Seconds of pauses between passes. */
  readonly pausedSeconds: number;
}

/** Sends the frames. */
async function inject(
  source: FrameSource,
  sending: SendingDevice,
  { options, books, stop, console }: RunContext,
): Promise<Sent> {
  const { ledger, clock, lateness, gapCuts } = books;
  using transmission = new Transmission(sending, { ...options, lateness }, clock, ledger);
  const { loopDelaySeconds } = options;
  const dueTimes = makeDueTimes(options.timing, {
    loopDelaySeconds,
    onCut: (seconds) => gapCuts?.add(seconds),
  });
  const parts = { source, dueTimes, clock, transmission, stopped: () => stop.requested };
  const injection = new Injection(parts, boundsOf(options));
  using undo = new Undo();
  if (options.progress) {
    const progress = new Progress(console, sending.device.name, () => ({
      accepted: ledger.accepted,
      seconds: clock.seconds,
      fraction: injection.fraction,
      readFraction: injection.readFraction,
      pauseLeft: injection.pauseLeft,
      pausesCut: gapCuts?.count ?? 0,
    }));
    undo.own(() => progress[Symbol.dispose]());
  }
  const fault = await injection.run();
  return { fault, inputEnded: injection.inputEnded, pausedSeconds: dueTimes.pausedSeconds };
}

/** A template repeats itself: its source knows the number of loops. With a pause between two loops it does not. */
function repeatsItself({ template, loopDelaySeconds }: InjectOptions): boolean {
  return template !== undefined && loopDelaySeconds === 0;
}

function boundsOf(options: InjectOptions): InjectionBounds {
  return repeatsItself(options) ? { ...options, loops: 1 } : options;
}

/** What messages call all captures together. */
function nameOf(paths: readonly string[] = []): string {
  const [first = '', ...others] = paths;
  return others.length === 0 ? inputName(first) : `${inputName(first)} and ${others.length} more`;
}

function openSource(name: string, options: InjectOptions, console: Console): FrameSource {
  const { read, template } = options;
  if (template !== undefined)
    return TemplateSource.open(name, template, repeatsItself(options) ? options.loops : 1);
  if (read === undefined) return new HexSource(options.frames);
  // A preloaded input is read once.
  const repeated = options.loops > 1 && !options.preload;
  const conversion = options.conversion && conversionFor(name, options.conversion);
  const [first = '', ...others] = read;
  if (others.length > 0) return CaptureRow.open(read, { repeated, console }, conversion);
  return new CaptureSource(openInput(first, { repeated, console }), inputName(first), conversion);
}

/** For packets that are not Ethernet. As with templates, they go to the device's own address unless one is given. */
function conversionFor(name: string, options: ConversionOptions): EthernetConversion {
  const { address } = findTap(name, 'send into');
  const { sourceMac = otherAddress(address), destinationMac = parseMacAddress(address) } = options;
  return new EthernetConversion({ source: sourceMac, destination: destinationMac });
}

/** Packets that the kernel has received from the device; undefined for one that is gone. */
function kernelReceived(links: Links, ifindex: number): number | undefined {
  return links.byIndex(ifindex)?.stats64.rx.packets;
}
