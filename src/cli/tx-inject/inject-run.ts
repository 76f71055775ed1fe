import { MalformedError } from '../../errors.js';
import { Links } from '../../netlink/links.js';
import { deviceDeleted } from '../../tap/device-refusal.js';
import { openForSending, type SendingDevice, waitUntilRunning } from '../../tap/sending.js';
import type { Console } from '../console.js';
import { EXIT_INCOMPLETE } from '../exit-code.js';
import { StopRequest } from '../stop-request.js';
import { Undo } from '../undo.js';
import { openInput, StreamInput } from './byte-input.js';
import { CaptureSource } from './capture-source.js';
import type { FrameSource } from './frame-source.js';
import { HexSource } from './hex-source.js';
import type { InjectOptions } from './inject-arguments.js';
import { Ledger } from './ledger.js';
import { describeLedger, ledgerJson, type RunFacts } from './ledger-report.js';
import { type Pacer, RecordedPace, SteadyRate, TopSpeed } from './pacer.js';
import { Schedule } from './schedule.js';
import { Transmission } from './transmission.js';

/** How long the carrier of the device is waited for. */
const RUNNING_TIMEOUT_MS = 1000;

/** `rtap tx-inject`: sends the whole input, and says what became of it. */
export async function runInjection(name: string, options: InjectOptions, console: Console): Promise<void> {
  // Opened first: a pipe lets us wait for its writer, and a signal ends that wait as it ends any program.
  using source = openSource(options, console);
  using stop = new StopRequest(console);
  void stop.happened.then(() => source.cancel());
  const sending = openForSending(name, options.queue);
  using _device = sending.device;
  using links = Links.open();
  const { ifindex } = sending.device;
  if (!(await waitUntilRunning(ifindex, RUNNING_TIMEOUT_MS))) {
    console.warn(`${name} has no carrier after ${RUNNING_TIMEOUT_MS / 1000} s: the first frames may be lost`);
  }
  const receivedBefore = kernelReceived(links, ifindex) ?? 0;
  const ledger = new Ledger();
  const schedule = new Schedule();
  using undo = new Undo();
  undo.own(
    console.onReport(() =>
      console.note(`${ledger.offered} packets offered, ${ledger.accepted} accepted so far`),
    ),
  );
  const fault = await transmit(source, sending, options, ledger, schedule, stop);
  const { seconds } = schedule;
  const receivedAfter = kernelReceived(links, ifindex);
  const kernel = receivedAfter === undefined ? undefined : receivedAfter - receivedBefore;
  report(
    { name, queue: options.queue, mtu: sending.link.mtu, ledger, kernel, seconds, stopped: stop.requested },
    options,
    console,
  );
  if (fault !== undefined) throw fault;
  if (sending.queue.gone) throw deviceDeleted(name, 'go on sending into');
}

function report(facts: RunFacts, options: InjectOptions, console: Console): void {
  for (const line of describeLedger(facts)) console.note(line);
  if (options.json) console.printJson(ledgerJson(facts));
  const { ledger, kernel } = facts;
  if (ledger.refusedCount > 0 || (kernel ?? 0) < ledger.accepted) console.exitCode = EXIT_INCOMPLETE;
}

/**
 * Sends the source as often as wanted. A fault in the input ends it: what came before is sent, and the fault
 * is returned.
 */
async function transmit(
  source: FrameSource,
  sending: SendingDevice,
  options: InjectOptions,
  ledger: Ledger,
  schedule: Schedule,
  stop: StopRequest,
): Promise<Error | undefined> {
  using transmission = new Transmission(sending, options.oversize, ledger);
  const pacer = choosePacer(options);
  const over = () => stop.requested || transmission.gone;
  const run = { transmission, pacer, schedule, over };
  try {
    for (let pass = 0; pass < options.count && !over(); pass++) {
      if (pass > 0) {
        source.rewind();
        pacer.repeat();
        // An input without frames never comes to a wait of its own.
        if (schedule.turnIsDue) await schedule.turn();
      }
      await sendPass(source, run);
    }
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    transmission.flush();
    return error;
  }
  transmission.flush();
  return undefined;
}

/** What a pass works with. */
interface Run {
  readonly transmission: Transmission;
  readonly pacer: Pacer;
  readonly schedule: Schedule;
  /** Whether the run is to end now. */
  readonly over: () => boolean;
}

/** Once through the source. What is due is collected in bursts; these are sent before any waiting. */
async function sendPass(source: FrameSource, run: Run): Promise<void> {
  const { pacer, schedule, transmission } = run;
  for (;;) {
    while (source.next()) {
      schedule.begin();
      const due = pacer.due(source.recordedSeconds, source.frame.length);
      if (!schedule.mayGo(due)) {
        transmission.flush();
        await schedule.until(due, run.over);
      }
      if (run.over()) return;
      transmission.add(source);
    }
    if (!(await refill(source, run)) || run.over()) return;
  }
}

/** Brings more input. A pipe may let us wait: no frame waits with it. */
function refill(source: FrameSource, { transmission }: Run): boolean | Promise<boolean> {
  const refilled = source.refill();
  if (refilled instanceof Promise) transmission.flush();
  return refilled;
}

function choosePacer(options: InjectOptions): Pacer {
  if (options.topSpeed) return new TopSpeed();
  return options.rate === undefined ? new RecordedPace() : new SteadyRate(options.rate);
}

function openSource(options: InjectOptions, console: Console): FrameSource {
  const { read } = options;
  if (read === undefined) return new HexSource(options.frames);
  if (read === '-')
    return new CaptureSource(new StreamInput(console.input, options.count > 1), 'standard input');
  return new CaptureSource(openInput(read, options.count > 1), read);
}

/** Packets that the kernel has received from the device; undefined for one that is gone. */
function kernelReceived(links: Links, ifindex: number): number | undefined {
  return links.byIndex(ifindex)?.stats64.rx.packets;
}
