import { IFF_RUNNING } from '../../src/netlink/link-flags.js';
import { parseMacAddress } from '../../src/packet/mac-address.js';
import { CreatedDevice } from '../../src/tap/device-creation.js';
import type { Offload } from '../../src/tap/offloads.js';
import { TapDevice, type TapDeviceOptions } from '../../src/tap/tap-device.js';
import { ip } from '../netlink/iproute2.js';
import { eventually } from './deadline.js';
import { markedFrame, readLink } from './ring-tap.js';

/** Address of the device's user side in its tests. */
export const USER_MAC = '02:00:00:00:00:02';

/** Makes a persistent single-queue TAP with these offloads, up, its MTU and address as wanted. */
export function makeTap(name: string, offloads: readonly Offload[], ...commands: readonly string[]): void {
  const created = CreatedDevice.create(name, { queueCount: 1, up: true, offloads });
  created.makePersistent();
  created[Symbol.dispose]();
  if (commands.length > 0) ip(...commands);
}

/** Attaches to it, and waits until it carries frames. */
export async function openTap(name: string, options: TapDeviceOptions = {}): Promise<TapDevice> {
  const device = TapDevice.open(name, options);
  await eventually(() => (readLink(name).flags & IFF_RUNNING) !== 0, `the carrier of ${name}`);
  return device;
}

/** The device's own address. */
export function deviceMac(name: string): Uint8Array {
  return parseMacAddress(readLink(name).address!);
}

/** `length` bytes in which no two stretches are alike. */
export function patternOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8) * 7 + (at >> 16)) & 0xff);
}

/**
 * Waits until frames from `from` come out of `to`: bridges and carriers take some ms of their own to begin. Nothing is
 * left in the queue then.
 */
export async function untilFlowing(from: TapDevice, to: TapDevice): Promise<void> {
  using probe = from.allocateBurst();
  using burst = to.allocateBurst();
  const queue = to.queues[0]!;
  probe.append(markedFrame(0));
  await eventually(() => {
    from.queues[0]!.send(probe);
    return queue.receive(burst) > 0;
  }, 'a first frame');
  while (queue.receive(burst) > 0);
}
