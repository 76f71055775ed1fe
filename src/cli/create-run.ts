import type { Link } from '../netlink/link.js';
import { CreatedDevice, type CreationOptions } from '../tap/device-creation.js';
import { ensurePersistent, reconcileDevice } from '../tap/device-reconciliation.js';
import { queueCountOf } from '../tap/tap-link.js';
import type { Console } from './console.js';
import { type CreateArguments, readCreationOptions } from './device-arguments.js';
import { runInBackground } from './holding/background.js';
import { HoldingSession } from './holding/holding-session.js';
import { plural } from './plural.js';
import { StopRequest } from './stop-request.js';

/** `rtap create`: makes the device and returns, or holds it until a signal comes. */
export async function runCreate(pattern: string, given: CreateArguments, console: Console): Promise<void> {
  const options = await readCreationOptions(given);
  if (given.detach === true) {
    if (given.persist === true)
      throw new TypeError(
        'cannot use "--detach" with --persist: a persistent device is held by rtap hold --detach',
      );
    return runInBackground(console);
  }
  // Installed before there is anything to clean up.
  using stop = new StopRequest(console);
  const existing = given.existOk === true ? reconcileDevice(pattern, options) : undefined;
  if (given.persist === true) makeAndReturn(pattern, existing, options, given, console);
  else await makeAndHold(pattern, existing, options, given, console, stop);
}

function makeAndReturn(
  pattern: string,
  existing: Link | undefined,
  options: CreationOptions,
  given: CreateArguments,
  console: Console,
): void {
  if (existing !== undefined) {
    ensurePersistent(existing);
    const { name, index: ifindex } = existing;
    printCreated({ name, ifindex, queueCount: queueCountOf(existing) }, given, console, undefined);
    return;
  }
  using device = CreatedDevice.create(pattern, withMaker(options));
  warnOfLostState(device, console);
  device.makePersistent();
  printCreated(device, given, console, pattern.includes('%') ? device.name : undefined);
}

/** A persistent device belongs to its maker unless told otherwise: with both set, the kernel wants both to match. */
function withMaker(options: CreationOptions): CreationOptions {
  const maker = process.geteuid?.();
  const told = options.owner !== undefined || options.group !== undefined || maker === undefined;
  return told ? options : { ...options, owner: maker };
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
    existing === undefined ? CreatedDevice.create(pattern, options) : CreatedDevice.adopt(existing);
  warnOfLostState(device, console);
  device.attachAll();
  using session = new HoldingSession(console);
  if (!session.lend(device, {}) && device.stateKept)
    console.warn('no runtime directory can be written (set RTAP_RUNTIME_DIR): the queues are not lent');
  await session.run(device, stop, () => {
    printCreated(device, given, console, `${device.name}: ready, ${plural(device.queueCount, 'queue')}`);
  });
}

function warnOfLostState(device: CreatedDevice, console: Console): void {
  if (device.stateKept) return;
  console.warn(
    'no runtime directory can be written (set RTAP_RUNTIME_DIR): the number of queues is not remembered',
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
