import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { enterNewNetworkNamespace } from '../../src/sys/network-namespace.js';
import { CreatedDevice } from '../../src/tap/device/device-creation.js';
import type { FrameBurst } from '../../src/tap/memory/frame-burst.js';
import { waitUntilRunning } from '../../src/tap/queue/sending-device.js';
import { TapDevice } from '../../src/tap/queue/tap-device.js';
import type { TapQueue } from '../../src/tap/queue/tap-queue.js';
import { UNICAST_FRAME } from './frame.js';

/** Two ports of one bridge: what is written into one comes out of the other. */
export const NAMES = ['loop0', 'loop1'] as const;
const CARRIER_TIMEOUT_MS = 10_000;

function ip(...commands: readonly string[]): void {
  for (const command of commands) execFileSync('ip', command.split(' '));
}

/** Makes the devices in a private network namespace of this process. They vanish with it. */
export function makeBridgedDevices(queueCount = 1): void {
  enterNewNetworkNamespace();
  for (const scope of ['default', 'all']) writeFileSync(`/proc/sys/net/ipv6/conf/${scope}/disable_ipv6`, '1');
  for (const name of NAMES) {
    using created = CreatedDevice.create(name, { queueCount, up: true });
    created.makePersistent();
  }
  ip('link add bridge0 type bridge forward_delay 0 mcast_snooping 0', 'link set bridge0 up');
  for (const name of NAMES) ip(`link set ${name} master bridge0`);
}

/** Opens one of the devices, and waits for its carrier. */
export async function openBridged(name: string): Promise<TapDevice> {
  const device = TapDevice.open(name);
  try {
    await untilRunning(name, device.ifindex);
    return device;
  } catch (error) {
    device[Symbol.dispose]();
    throw error;
  }
}

export async function untilRunning(name: string, ifindex: number): Promise<void> {
  if (!(await waitUntilRunning(ifindex, CARRIER_TIMEOUT_MS))) throw new Error(`${name} has no carrier`);
}

/** Fills `burst` and sends it. Returns how many frames the kernel took. */
export function fillAndSend(queue: TapQueue, burst: FrameBurst): number {
  burst.clear();
  while (burst.append(UNICAST_FRAME));
  return queue.send(burst);
}
