import type { SystemError } from '../../errors.js';
import type { Link } from '../../netlink/link.js';
import { Forwarding } from '../../tap/forward/forwarding.js';
import { deviceDeleted, headerChanged } from '../../tap/link/device-errors.js';
import { NamespaceAnchor, presentNamespace, withinNamedNamespace } from '../../tap/link/network-namespace.js';
import { findTap } from '../../tap/link/tap-link.js';
import { tryRing } from '../../tap/queue/tap-device.js';
import { describeQueues } from '../arguments/queue-selection.js';
import { suggestLongerQueue } from '../device/longer-queue.js';
import { isHelpedByLongerQueue } from '../device/missed-packets.js';
import { EXIT_INCOMPLETE } from '../errors/exit-code.js';
import { jsonText } from '../output/escapes.js';
import { LineOutput } from '../output/line-output.js';
import { plural } from '../output/plural.js';
import type { Console } from '../process/console.js';
import { StopRequest } from '../process/stop-request.js';
import { Undo } from '../process/undo.js';
import { type ForwardOptions, sameDevice } from './forward-arguments.js';
import { ForwardRates } from './forward-rates.js';
import { describeForwarding, type ForwardTotals, forwardingJson, lostCount } from './forward-report.js';
import { ForwardedDevice } from './forwarded-device.js';

/** How long the reader of standard output has for the last lines. */
const DRAIN_MS = 1000;

interface ForwardRun {
  readonly forwarding: Forwarding;
  readonly devices: readonly [ForwardedDevice, ForwardedDevice];
  /** The network namespace of the second device. Its path can be gone at the end, for example with the process of a container. */
  readonly peerNamespace: NamespaceAnchor;
  readonly stop: StopRequest;
  readonly options: ForwardOptions;
  readonly console: Console;
}

/** Runs `rtap fwd`: forwards frames until a signal or a limit comes, a device is deleted, or the output is closed. */
export async function runForwarding(
  names: readonly [string, string],
  options: ForwardOptions,
  console: Console,
): Promise<void> {
  using stop = new StopRequest(console);
  const [link, peer] = locate(names, options, console);
  // First, so that what the machine lacks shows before a queue is attached.
  tryRing();
  using peerNamespace = withinPeer(options, console, () => new NamespaceAnchor());
  // A holder may take seconds to answer. A signal ends the process meanwhile.
  using first = await stop.unguarded(() => ForwardedDevice.open(link, options, console));
  using second = await stop.unguarded(() =>
    withinPeer(options, console, () => ForwardedDevice.open(peer, options, console)),
  );
  const devices = [first, second] as const;
  const forwarding = Forwarding.start([first.attachment, second.attachment], options);
  try {
    await forward({ forwarding, devices, peerNamespace, stop, options, console });
  } finally {
    forwarding.stop();
    // Until then the threads use descriptors and counters that the devices own.
    await forwarding.ended.catch(() => {});
  }
}

/** Finds both devices before one is attached: from then on its frames wait in its queues, and a full queue drops frames. */
function locate(names: readonly [string, string], options: ForwardOptions, console: Console): [Link, Link] {
  const link = findTap(names[0], 'forward');
  const namespace = presentNamespace();
  return withinPeer(options, console, () => {
    const peer = findTap(names[1], 'forward');
    if (peer.index === link.index && presentNamespace() === namespace) throw sameDevice(names);
    return [link, peer];
  });
}

/** Runs `run` in the network namespace of the second device. Hints about an error in it name that namespace. */
function withinPeer<T>({ peerNamespace }: ForwardOptions, console: Console, run: () => T): T {
  if (peerNamespace === undefined) return run();
  const { namespace } = console;
  console.namespace = peerNamespace;
  const result = withinNamedNamespace(peerNamespace, run);
  console.namespace = namespace;
  return result;
}

async function forward(run: ForwardRun): Promise<void> {
  const { forwarding, stop, options, console } = run;
  const end = () => forwarding.stop();
  using undo = new Undo();
  void stop.happened.then(end);
  await forwarding.ready;
  const start = performance.now();
  const totals = () => totalsOf(run, (performance.now() - start) / 1000);
  let reported = Promise.resolve();
  undo.own(
    console.onReport(() => {
      reported = reported.then(async () => note(await totals(), console));
    }),
  );
  if (options.duration !== undefined) undo.timeout(options.duration * 1000, end);
  using output = new LineOutput();
  announce(run);
  using _rates = watchRates(run, output);
  await Promise.race([forwarding.ended, output.closed]);
  end();
  const ending = await forwarding.ended;
  await reported;
  await conclude(await totals(), output, run);
  if (ending.reason === 'gone') throw endOfDevice(run.devices[ending.device].name, ending.headerBytes);
}

function endOfDevice(name: string, headerBytes: number | undefined): SystemError {
  const action = 'go on forwarding';
  return headerBytes === undefined ? deviceDeleted(name, action) : headerChanged(name, action, headerBytes);
}

function announce({ forwarding: { threadCount }, devices, console }: ForwardRun): void {
  const ends = devices.map(({ name, attachment }) => `${name} ${describeQueues(attachment.numbers)}`);
  console.note(`fwd: ${ends.join(' <-> ')}, ${plural(threadCount, 'thread')}`);
}

function watchRates({ forwarding, devices, options }: ForwardRun, output: LineOutput) {
  const { interval, json } = options;
  return interval === undefined
    ? undefined
    : new ForwardRates(forwarding, devices, { output, json, intervalMs: interval * 1000 });
}

async function totalsOf(
  { forwarding, devices, peerNamespace }: ForwardRun,
  seconds: number,
): Promise<ForwardTotals> {
  const missed = await Promise.all([
    devices[0].readMissed(),
    peerNamespace.within(() => devices[1].readMissed()),
  ]);
  return {
    names: [devices[0].name, devices[1].name],
    threadCount: forwarding.threadCount,
    seconds,
    lanes: forwarding.report(),
    missed,
  };
}

function note(totals: ForwardTotals, console: Console): void {
  for (const line of describeForwarding(totals)) console.note(line);
}

async function conclude(
  totals: ForwardTotals,
  output: LineOutput,
  { devices, options, console }: ForwardRun,
): Promise<void> {
  if (options.json) output.write(jsonText(forwardingJson(totals)));
  else note(totals, console);
  for (const [at, { attachment }] of devices.entries())
    if (isHelpedByLongerQueue(totals.missed[at]!)) suggestLongerQueue(attachment.link, console);
  await output.drain(DRAIN_MS);
  if (output.dropped > 0)
    console.warn(`${plural(output.dropped, 'line')} not written: the reader of the output was too slow`);
  if (lostCount(totals) > 0 || output.dropped > 0) console.exitCode = EXIT_INCOMPLETE;
}
