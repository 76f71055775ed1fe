import type { Link } from '../../netlink/link.js';
import { Forwarding } from '../../tap/forward/forwarding.js';
import { deviceDeleted } from '../../tap/link/device-errors.js';
import { presentNamespace, withinNamedNamespace } from '../../tap/link/network-namespace.js';
import { findTap } from '../../tap/link/tap-link.js';
import { describeQueues } from '../arguments/queue-selection.js';
import { EXIT_INCOMPLETE } from '../errors/exit-code.js';
import { LineOutput } from '../output/line-output.js';
import { plural } from '../output/plural.js';
import type { Console } from '../process/console.js';
import { StopRequest } from '../process/stop-request.js';
import { Undo } from '../process/undo.js';
import { type ForwardOptions, sameDevice } from './forward-arguments.js';
import { ForwardRates } from './forward-rates.js';
import { describeForwarding, type ForwardFacts, forwardingJson, lostCount } from './forward-report.js';
import { ForwardedDevice } from './forwarded-device.js';

/** How long the reader of standard output may take for what is left at the end. */
const DRAIN_MS = 1000;

interface ForwardRun {
  readonly forwarding: Forwarding;
  readonly devices: readonly [ForwardedDevice, ForwardedDevice];
  readonly stop: StopRequest;
  readonly options: ForwardOptions;
  readonly console: Console;
}

/** `rtap fwd`: carries frames between two devices until a signal, a limit, or the end of one of them or of the output. */
export async function runForwarding(
  names: readonly [string, string],
  options: ForwardOptions,
  console: Console,
): Promise<void> {
  using stop = new StopRequest(console);
  const [link, peer] = locate(names, options);
  // A holder may let us wait for an answer.
  using first = await stop.unguarded(() => ForwardedDevice.open(link, options, console));
  using second = await stop.unguarded(() =>
    withinPeer(options, () => ForwardedDevice.open(peer, options, console)),
  );
  const devices = [first, second] as const;
  const forwarding = Forwarding.start([first.attachment, second.attachment], options);
  try {
    await forward({ forwarding, devices, stop, options, console });
  } finally {
    forwarding.stop();
    // Until then its threads use what the devices own.
    await forwarding.ended.catch(() => {});
  }
}

/** Both are looked at before one is attached: frames that come meanwhile would be lost. */
function locate(names: readonly [string, string], options: ForwardOptions): [Link, Link] {
  const link = findTap(names[0], 'forward');
  const namespace = presentNamespace();
  return withinPeer(options, () => {
    const peer = findTap(names[1], 'forward');
    if (peer.index === link.index && presentNamespace() === namespace) throw sameDevice(names);
    return [link, peer];
  });
}

function withinPeer<T>({ peerNamespace }: ForwardOptions, run: () => T): T {
  return peerNamespace === undefined ? run() : withinNamedNamespace(peerNamespace, run);
}

async function forward(run: ForwardRun): Promise<void> {
  const { forwarding, stop, options, console } = run;
  const end = () => forwarding.stop();
  using undo = new Undo();
  void stop.happened.then(end);
  await forwarding.ready;
  const start = performance.now();
  const facts = () => factsOf(run, (performance.now() - start) / 1000);
  undo.own(console.onReport(() => note(facts(), console)));
  if (options.duration !== undefined) undo.timeout(options.duration * 1000, end);
  using output = new LineOutput();
  announce(run);
  using _rates = watchRates(run, output);
  await Promise.race([forwarding.ended, output.closed]);
  end();
  const ending = await forwarding.ended;
  await conclude(facts(), output, run);
  if (ending.reason === 'gone') throw deviceDeleted(run.devices[ending.device].name, 'go on forwarding');
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

function factsOf({ forwarding, devices }: ForwardRun, seconds: number): ForwardFacts {
  return {
    names: [devices[0].name, devices[1].name],
    threadCount: forwarding.threadCount,
    seconds,
    lanes: forwarding.report(),
    missed: [devices[0].missed, devices[1].missed],
  };
}

function note(facts: ForwardFacts, console: Console): void {
  for (const line of describeForwarding(facts)) console.note(line);
}

async function conclude(
  facts: ForwardFacts,
  output: LineOutput,
  { options, console }: ForwardRun,
): Promise<void> {
  if (options.json) output.write(JSON.stringify(forwardingJson(facts)));
  else note(facts, console);
  await output.drain(DRAIN_MS);
  if (output.dropped > 0)
    console.warn(`${plural(output.dropped, 'line')} not written: the reader was too slow`);
  if (lostCount(facts) > 0 || output.dropped > 0) console.exitCode = EXIT_INCOMPLETE;
}
