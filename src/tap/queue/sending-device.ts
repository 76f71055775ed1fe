import type { Link } from '../../netlink/link.js';
import { IFF_RUNNING, IFF_UP } from '../../netlink/link-flags.js';
import { Links } from '../../netlink/links.js';
import { ROLE_SENDER } from '../counters/counter-layout.js';
import { deviceDown, noSuchQueue } from '../link/device-errors.js';
import { findTap, queueCountOf } from '../link/tap-link.js';
import { readDeviceRecord } from '../state/device-record.js';
import { TapDevice } from './tap-device.js';
import type { TapQueue } from './tap-queue.js';

/**
 * Bytes of a burst for each of its frames. Longer frames share the room, which still fits the processor's
 * cache.
 */
const SENDING_FRAME_BYTES = 2048;

/** How often the carrier is checked. */
const RUNNING_POLL_MS = 1;

/** A device that is open to send into one of its queues, and to receive nothing. */
export interface SendingDevice {
  /** Owns the rest. */
  readonly device: TapDevice;
  readonly queue: TapQueue;
  readonly link: Link;
  /**
   * Whether the device was made for NAPI. Frames that are sent here bypass it, because the queue is detached.
   */
  readonly besideNapi: boolean;
}

/**
 * Opens queue `number` of the device `name` for sending.
 *
 * Other readers lose no frames: the queue is detached at once. It is attached without IFF_NAPI, with which
 * the kernel refuses what a detached queue sends. If no process uses the device, the queues before `number`
 * are attached and detached too, so that the kernel sees the frames come from queue `number`.
 *
 * Throws a SystemError with EIO if the device is down, EINVAL if it has no such queue, and what
 * TapDevice.open throws.
 *
 * @param queuesGiven queues of a device that rtap did not make: the kernel does not tell how many it has
 */
export function openForSending(name: string, number: number, queuesGiven?: number): SendingDevice {
  const link = findTap(name, 'send into');
  const attached = link.tun?.queues ?? 0;
  const queueCount = queuesGiven ?? Math.max(queueCountOf(link), attached);
  if (number >= queueCount) throw noSuchQueue(name, number, queueCount);
  if ((link.flags & IFF_UP) === 0) throw deviceDown(name);
  const range = attached === 0 ? { queueCount: number + 1 } : { firstQueue: number, queueCount: 1 };
  const device = TapDevice.open(name, {
    ...range,
    frameBytesMax: SENDING_FRAME_BYTES,
    share: true,
    sendOnly: true,
    role: ROLE_SENDER,
  });
  const besideNapi = !device.borrowed && readDeviceRecord(link.index)?.napi === true;
  return { device, queue: device.queues.at(-1)!, link, besideNapi };
}

/**
 * Waits until the device is running, at most `timeoutMs`: frames that are sent before may be lost. Returns
 * whether it is running.
 */
export async function waitUntilRunning(ifindex: number, timeoutMs: number): Promise<boolean> {
  using links = Links.open();
  const deadline = performance.now() + timeoutMs;
  while (((links.byIndex(ifindex)?.flags ?? 0) & IFF_RUNNING) === 0) {
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, RUNNING_POLL_MS));
  }
  return true;
}
