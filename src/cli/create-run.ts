import type { Link } from '../netlink/link.js';
import { CreatedDevice, type CreationOptions } from '../tap/device-creation.js';
import { ensurePersistent, reconcileDevice } from '../tap/device-reconciliation.js';
import { deviceDeleted } from '../tap/device-refusal.js';
import { queueCountOf } from '../tap/tap-device.js';
import type { Console } from './console.js';
import { DeletionWatch } from './deletion-watch.js';
import { type CreateArguments, readCreationOptions } from './device-arguments.js';
import { StopRequest } from './stop-request.js';

/** `rtap create`: makes the device and returns, or holds it until a signal comes. */
export async function runCreate(pattern: string, given: CreateArguments, console: Console): Promise<void> {
  const options = await readCreationOptions(given);
  // Installed before there is anything to clean up.
  using stop = new StopRequest(console);
  const existing = given.existOk === true ? reconcileDevice(pattern, options) : undefined;
  if (given.persist === true) makeAndReturn(pattern, existing, options, given, console);
  else await makeAndHold(pattern, existing, options, given, console, stop.happened);
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
  stopped: Promise<void>,
): Promise<void> {
  using device =
    existing === undefined ? CreatedDevice.create(pattern, options) : CreatedDevice.adopt(existing);
  warnOfLostState(device, console);
  device.attachAll();
  using deletion = new DeletionWatch(device.ifindex);
  printCreated(device, given, console, `${device.name}: ready, ${countQueues(device.queueCount)}`);
  const gone = await Promise.race([stopped.then(() => false), deletion.happened.then(() => true)]);
  if (gone) throw deviceDeleted(device.name, 'go on holding');
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

function countQueues(count: number): string {
  return count === 1 ? '1 queue' : `${count} queues`;
}
