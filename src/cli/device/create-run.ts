import type { Command } from 'commander';
import type { Link } from '../../netlink/link.js';
import { CreatedDevice, type CreationOptions } from '../../tap/device/device-creation.js';
import { ensurePersistent, findExisting, reconcileDevice } from '../../tap/device/device-reconciliation.js';
import { assertHoldable } from '../../tap/device/holdable-device.js';
import { noRuntimeDirectory, runtimeDirectoryFault } from '../../tap/hold/holder-start.js';
import { takeActivationSockets } from '../../tap/hold/service-manager.js';
import { queueCountOf } from '../../tap/link/tap-link.js';
import { writableRuntimeRoot } from '../../tap/state/runtime-directory.js';
import { type CreateArguments, readCreationOptions } from '../arguments/device-arguments.js';
import { EXIT_INCOMPLETE } from '../errors/exit-code.js';
import { runtimeDirectoryHint } from '../errors/hint.js';
import { HintedError } from '../errors/usage-error.js';
import { plural } from '../output/plural.js';
import { isInBackground, runInBackground } from '../process/background.js';
import type { Console } from '../process/console.js';
import { StopRequest } from '../process/stop-request.js';
import { forEachDevice, printJsonOf } from './each-device.js';
import { HoldSession } from './hold-session.js';

/** `rtap create`: makes devices, then returns with --persist, else holds the one device until a signal arrives. */
export async function runCreate(
  patterns: readonly string[],
  command: Command,
  console: Console,
): Promise<void> {
  const given = command.opts<CreateArguments>();
  // Before the first device: a value that no device can have is no refusal of one device.
  await readCreationOptions(given);
  if (given.detach === true) await detachEach(patterns, command, console);
  else if (given.persist === true) await persistEach(patterns, given, console);
  else await holdOne(patterns, given, console);
}

async function detachEach(patterns: readonly string[], command: Command, console: Console): Promise<void> {
  if (command.opts<CreateArguments>().persist === true)
    throw new HintedError(
      'cannot use "--detach" with "--persist": a persistent device needs no holder',
      (commands) => `hold it after you made it: ${commands.rtap('hold', patterns[0]!, '--detach')}`,
    );
  // Before a device is made, since no user would find its holder.
  if (writableRuntimeRoot() === undefined) throw noRuntimeDirectory(patterns[0]!, 'hold');
  if (command.opts<CreateArguments>().json === true && patterns.length > 1)
    await detachAsArray(patterns, command, console);
  else for (const pattern of patterns) await runInBackground(command, pattern, console);
}

/** Prints one array for all devices. */
async function detachAsArray(patterns: readonly string[], command: Command, console: Console): Promise<void> {
  const made: object[] = [];
  try {
    for (const pattern of patterns)
      await runInBackground(command, pattern, console, (line) => made.push(JSON.parse(line)));
  } finally {
    console.printJson(made);
  }
}

async function persistEach(
  patterns: readonly string[],
  given: CreateArguments,
  console: Console,
): Promise<void> {
  // Installed before there is anything to clean up.
  using stop = new StopRequest(console);
  const makeNext = async (pattern: string) => {
    if (patterns.length > 1 && (await stop.noticed())) {
      console.exitCode = EXIT_INCOMPLETE;
      return undefined;
    }
    // Read again for each: a random address is another one.
    return persist(pattern, await readCreationOptions(given), given, console, stop);
  };
  await forEachDevice(patterns, makeNext, (made) => {
    if (given.json === true)
      printJsonOf(made.filter((device) => device !== undefined).map(createdJson), patterns, console);
  });
}

async function persist(
  pattern: string,
  options: CreationOptions,
  given: CreateArguments,
  console: Console,
  stop: StopRequest,
): Promise<Created> {
  const existing = await reconcileExisting(pattern, options, given, console, stop);
  return existing === undefined
    ? make(pattern, options, given, console)
    : await stop.unguarded(() => keep(existing));
}

async function holdOne(patterns: readonly string[], given: CreateArguments, console: Console): Promise<void> {
  const [pattern, second] = patterns;
  if (second !== undefined)
    throw new HintedError(
      `cannot hold ${patterns.length} devices in the foreground: give one`,
      'add --persist to make devices that stay, or --detach to hold each in the background',
    );
  const options = await readCreationOptions(given);
  // Installed before there is anything to clean up.
  using stop = new StopRequest(console);
  const existing = await reconcileExisting(pattern!, options, given, console, stop);
  await makeAndHold(pattern!, existing, options, given, console, stop);
}

/**
 * Changes the existing device to `options`, and returns it. Returns undefined if there is none. A device that is to be held and
 * cannot be stays as it is.
 */
async function reconcileExisting(
  pattern: string,
  options: CreationOptions,
  given: CreateArguments,
  console: Console,
  stop: StopRequest,
): Promise<Link | undefined> {
  if (given.existOk !== true) return undefined;
  // What asks the holder of an existing device may wait for it. A device that is made here has none.
  const link = await stop.unguarded(() => reconcile(pattern, options, given));
  if (link?.tun !== undefined && link.tun.owner === undefined && link.tun.group === undefined)
    console.warn(
      `${link.name} has no owner and no group: every user that can open /dev/net/tun can use it (restrict it with --owner or --group)`,
    );
  return link;
}

function reconcile(
  pattern: string,
  options: CreationOptions,
  { persist }: CreateArguments,
): Link | undefined {
  const found = findExisting(pattern);
  if (found === undefined) return undefined;
  if (persist !== true) assertHoldable(found);
  return reconcileDevice(found, options);
}

function keep(existing: Link): Created {
  ensurePersistent(existing);
  return { name: existing.name, ifindex: existing.index, queueCount: queueCountOf(existing) };
}

function make(
  pattern: string,
  options: CreationOptions,
  { json }: CreateArguments,
  console: Console,
): Created {
  using device = create(pattern, options, console);
  warnOfLostState(device, console);
  device.makePersistent();
  if (json !== true && pattern.includes('%')) console.print(device.name);
  const { name, ifindex, queueCount } = device;
  return { name, ifindex, queueCount };
}

/** Removes leftovers only for the first device that this process makes in a network namespace. */
function create(
  pattern: string,
  options: CreationOptions,
  { doneOnce, namespace = '' }: Console,
): CreatedDevice {
  const work = `leftovers of ${namespace}`;
  const device = CreatedDevice.create(pattern, { ...options, removeLeftovers: !doneOnce.has(work) });
  doneOnce.add(work);
  return device;
}

async function makeAndHold(
  pattern: string,
  existing: Link | undefined,
  options: CreationOptions,
  given: CreateArguments,
  console: Console,
  stop: StopRequest,
): Promise<void> {
  using device =
    existing === undefined
      ? create(pattern, options, console)
      : await stop.unguarded(() => CreatedDevice.adopt(existing));
  warnOfLostState(device, console);
  device.attachAll();
  using session = new HoldSession(console);
  if (!session.lend(device, { moreSockets: takeActivationSockets() })) {
    if (isInBackground()) throw noRuntimeDirectory(device.name, 'hold');
    if (device.stateKept) console.warn(withoutDirectory('rtap does not lend the queues'));
  }
  await session.run(device, stop, () => {
    if (given.json === true) console.printJson(createdJson(device));
    else console.print(`${device.name}: ready, ${plural(device.queueCount, 'queue')}`);
  });
}

function warnOfLostState(device: CreatedDevice, console: Console): void {
  if (device.stateKept) return;
  console.warn(withoutDirectory('rtap does not record the number of queues'));
}

/** A warning about a device that has no folder in the runtime directory. */
function withoutDirectory(consequence: string): string {
  return `${runtimeDirectoryFault()}: ${consequence}; ${runtimeDirectoryHint()}`;
}

interface Created {
  readonly name: string;
  readonly ifindex: number;
  readonly queueCount: number;
}

function createdJson({ name: ifname, ifindex, queueCount: queues }: Created) {
  return { ifname, ifindex, queues };
}
