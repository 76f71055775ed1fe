import { deviceDeleted } from '../../tap/device-refusal.js';
import { Forwarding } from '../../tap/forwarding.js';
import type { Console } from '../console.js';
import { EXIT_INCOMPLETE } from '../exit-code.js';
import { withinNamedNamespace } from '../network-namespace.js';
import { plural } from '../plural.js';
import { describeQueues } from '../queue-selection.js';
import { StopRequest } from '../stop-request.js';
import { Undo } from '../undo.js';
import type { ForwardOptions } from './forward-arguments.js';
import { ForwardRates } from './forward-rates.js';
import { describeForwarding, type ForwardFacts, forwardingJson, refusedCount } from './forward-report.js';
import { type DeviceListener, ForwardedDevice } from './forwarded-device.js';

/** How long the event that names a deleted device is waited for. */
const DELETION_MS = 100;

/** `rtap fwd`: carries frames between two devices until a signal, a limit, or the end of one of them. */
export async function runForwarding(
  names: readonly [string, string],
  options: ForwardOptions,
  console: Console,
): Promise<void> {
  using stop = new StopRequest(console);
  const gone = new Set<string>();
  let end = () => {};
  const onGone = (name: string) => {
    gone.add(name);
    end();
  };
  using first = ForwardedDevice.open(names[0], options, { console, onGone });
  using second = openPeer(names[1], options, { console, onGone });
  const devices = [first, second] as const;
  const forwarding = Forwarding.start([first.attachment, second.attachment], options);
  const start = performance.now();
  end = () => forwarding.stop();
  try {
    using undo = new Undo();
    const facts = () => factsOf(forwarding, devices, (performance.now() - start) / 1000);
    undo.own(console.onReport(() => note(facts(), console)));
    if (options.duration !== undefined) undo.timeout(options.duration * 1000, end);
    void stop.happened.then(end);
    if (gone.size > 0) end();
    announce(forwarding, devices, console);
    using _rates = watchRates(forwarding, devices, options, console);
    const reason = await forwarding.ended;
    if (reason === 'gone' && gone.size === 0)
      await new Promise((resolve) => setTimeout(resolve, DELETION_MS));
    conclude(facts(), options, console);
  } finally {
    forwarding.stop();
    // Until then its threads use what the devices own.
    await forwarding.ended.catch(() => {});
  }
  const [deleted] = gone;
  if (deleted !== undefined) throw deviceDeleted(deleted, 'go on forwarding');
}

function openPeer(name: string, options: ForwardOptions, listener: DeviceListener): ForwardedDevice {
  const open = () => ForwardedDevice.open(name, options, listener);
  return options.peerNamespace === undefined ? open() : withinNamedNamespace(options.peerNamespace, open);
}

function announce(
  { threadCount }: Forwarding,
  devices: readonly [ForwardedDevice, ForwardedDevice],
  console: Console,
): void {
  const ends = devices.map(({ name, attachment }) => `${name} ${describeQueues(attachment.numbers)}`);
  console.note(`fwd: ${ends.join(' <-> ')}, ${plural(threadCount, 'thread')}`);
}

function watchRates(
  forwarding: Forwarding,
  devices: readonly [ForwardedDevice, ForwardedDevice],
  { interval, json }: ForwardOptions,
  console: Console,
): Disposable | undefined {
  return interval === undefined
    ? undefined
    : new ForwardRates(forwarding, devices, { console, json, interval });
}

function factsOf(
  forwarding: Forwarding,
  devices: readonly [ForwardedDevice, ForwardedDevice],
  seconds: number,
): ForwardFacts {
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

function conclude(facts: ForwardFacts, { json }: ForwardOptions, console: Console): void {
  if (json) console.printJson(forwardingJson(facts));
  else note(facts, console);
  if (refusedCount(facts) > 0) console.exitCode = EXIT_INCOMPLETE;
}
