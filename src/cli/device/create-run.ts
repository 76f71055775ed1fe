import type { Link } from '../../netlink/link.js';
import { CreatedDevice, type CreationOptions } from '../../tap/device/device-creation.js';
import { ensurePersistent, findExisting, reconcileDevice } from '../../tap/device/device-reconciliation.js';
import { assertHoldable } from '../../tap/device/holdable-device.js';
import { noRuntimeDirectory } from '../../tap/hold/holder-start.js';
import { takeActivationSockets } from '../../tap/hold/service-manager.js';
import { queueCountOf } from '../../tap/link/tap-link.js';
import { writableRuntimeRoot } from '../../tap/state/runtime-directory.js';
import { type CreateArguments, readCreationOptions } from '../arguments/device-arguments.js';
import { HintedError } from '../errors/usage-error.js';
import { plural } from '../output/plural.js';
import { isInBackground, runInBackground } from '../process/background.js';
import type { Console } from '../process/console.js';
import { StopRequest } from '../process/stop-request.js';
import { HoldSession } from './hold-session.js';

/** `rtap create`: makes the device, then returns with --persist, else holds the device until a signal arrives. */
export async function runCreate(pattern: string, given: CreateArguments, console: Console): Promise<void> {
  const options = await readCreationOptions(given);
  if (given.detach === true) {
    if (given.persist === true)
      throw new HintedError(
        'cannot use "--detach" with "--persist": a persistent device needs no holder',
        (commands) => `hold it after you made it: ${commands.rtap('hold', pattern, '--detach')}`,
      );
    // Before the device is made, since no user would find its holder.
    if (writableRuntimeRoot() === undefined) throw noRuntimeDirectory(pattern, 'hold');
    return runInBackground(console);
  }
  // Installed before there is anything to clean up.
  using stop = new StopRequest(console);
  // What asks the holder of an existing device may wait for it. A device that is made here has none.
  const existing =
    given.existOk === true
      ? await stop.unguarded(() => reconcileExisting(pattern, options, given, console))
      : undefined;
  if (given.persist === true && existing !== undefined)
    await stop.unguarded(() => keepAndReturn(existing, given, console));
  else if (given.persist === true) makeAndReturn(pattern, options, given, console);
  else await makeAndHold(pattern, existing, options, given, console, stop);
}

/**
 * Changes the existing device to `options`, and returns it. Returns undefined if there is none. A device that is to be held and
 * cannot be stays as it is.
 */
function reconcileExisting(
  pattern: string,
  options: CreationOptions,
  { persist }: CreateArguments,
  console: Console,
): Link | undefined {
  const found = findExisting(pattern);
  if (found === undefined) return undefined;
  if (persist !== true) assertHoldable(found);
  const link = reconcileDevice(found, options);
  if (link?.tun !== undefined && link.tun.owner === undefined && link.tun.group === undefined)
    console.warn(
      `${link.name} has no owner and no group: every user that can open /dev/net/tun can use it (restrict it with --owner or --group)`,
    );
  return link;
}

function keepAndReturn(existing: Link, given: CreateArguments, console: Console): void {
  ensurePersistent(existing);
  const { name, index: ifindex } = existing;
  printCreated({ name, ifindex, queueCount: queueCountOf(existing) }, given, console, undefined);
}

function makeAndReturn(
  pattern: string,
  options: CreationOptions,
  given: CreateArguments,
  console: Console,
): void {
  using device = CreatedDevice.create(pattern, options);
  warnOfLostState(device, console);
  device.makePersistent();
  printCreated(device, given, console, pattern.includes('%') ? device.name : undefined);
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
      ? CreatedDevice.create(pattern, options)
      : await stop.unguarded(() => CreatedDevice.adopt(existing));
  warnOfLostState(device, console);
  device.attachAll();
  using session = new HoldSession(console);
  if (!session.lend(device, { moreSockets: takeActivationSockets() })) {
    if (isInBackground()) throw noRuntimeDirectory(device.name, 'hold');
    if (device.stateKept)
      console.warn(
        'this user can write no runtime directory (set RTAP_RUNTIME_DIR): rtap does not lend the queues',
      );
  }
  await session.run(device, stop, () => {
    printCreated(device, given, console, `${device.name}: ready, ${plural(device.queueCount, 'queue')}`);
  });
}

function warnOfLostState(device: CreatedDevice, console: Console): void {
  if (device.stateKept) return;
  console.warn(
    'this user can write no runtime directory (set RTAP_RUNTIME_DIR): rtap does not record the number of queues',
  );
}

interface Created {
  readonly name: string;
  readonly ifindex: number;
  readonly queueCount: number;
}

function printCreated(
  device: Created,
  given: CreateArguments,
  console: Console,
  line: string | undefined,
): void {
  const { name: ifname, ifindex, queueCount: queues } = device;
  if (given.json === true) console.printJson({ ifname, ifindex, queues });
  else if (line !== undefined) console.print(line);
}
