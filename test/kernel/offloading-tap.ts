import { IFF_RUNNING } from '../../src/netlink/link-flags.js';
import type { FrameTemplate } from '../../src/packet/generate/frame-template.js';
import { parseIpAddress } from '../../src/packet/headers/ip-address.js';
import { parseMacAddress } from '../../src/packet/headers/mac-address.js';
import type { Ownership } from '../../src/sys/ownership.js';
import { CreatedDevice } from '../../src/tap/device/device-creation.js';
import type { Offload } from '../../src/tap/device/offloads.js';
import { TapDevice, type TapDeviceOptions } from '../../src/tap/queue/tap-device.js';
import { ip } from '../netlink/iproute2.js';
import { eventually } from './deadline.js';
import { ipLink } from './ip-link.js';
import { runTool } from './peer.js';
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

/**
 * Makes a bridge with the devices `feed0` and `sums0`, which takes unfinished frames, and a veth pair `left0` and `right0`. GRO
 * sees what goes into `left0`. The bridge has the address 10.7.0.1, and 10.7.0.2 is a neighbour at `sums0`.
 * Returns `sums0` when frames flow, with nothing in its queue.
 */
export async function openSumsBridge(owned: Ownership, offloads: readonly Offload[]): Promise<TapDevice> {
  makeTap('sums0', offloads, 'link add sumbr0 type bridge mcast_snooping 0', 'link set sumbr0 up');
  ip('link add left0 type veth peer name right0', 'link set left0 up');
  ip('link set right0 up', 'link set right0 master sumbr0', 'link set sums0 master sumbr0');
  // GRO checks the checksum of an incoming frame, and marks it as verified when it goes out.
  runTool('ethtool', '-K', 'right0', 'gro', 'on');
  // A veth does not give GRO a frame that it takes for whole.
  runTool('ethtool', '-K', 'left0', 'tso', 'off');
  makeTap('feed0', [], 'link set feed0 master sumbr0');
  // Last, since each new port can change the bridge's address, and the kernel then deletes its neighbours.
  ip('addr add 10.7.0.1/24 dev sumbr0', `neigh add 10.7.0.2 lladdr ${USER_MAC} dev sumbr0 nud permanent`);
  const feed = owned.own(await openTap('feed0'));
  const device = owned.own(await openTap('sums0'));
  await untilFlowing(feed, device);
  for (const name of ['sumbr0', 'left0', 'right0'])
    await eventually(() => ipLink(name).operstate === 'UP', `${name} to be up`);
  return device;
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

/** A frame of TCP, as long as several segments. */
export const TCP_TEMPLATE: FrameTemplate = {
  protocol: 'tcp',
  sourceMac: parseMacAddress('02:00:00:00:00:01'),
  destinationMac: parseMacAddress('02:00:00:00:00:09'),
  source: parseIpAddress('10.0.0.1'),
  destination: parseIpAddress('10.0.0.2'),
  destinationPort: 40_001,
  payload: patternOf(5000),
  frameBytes: 5054,
};

/** `length` bytes without a repeated part. */
export function patternOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8) * 7 + (at >> 16)) & 0xff);
}

/**
 * Waits until frames from `from` come out of `to`: bridges and carriers take some milliseconds to start. The queue is empty when it
 * returns.
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
