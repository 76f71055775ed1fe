import type { Link } from '../../netlink/link.js';
import { IFF_RUNNING, IFF_UP } from '../../netlink/link-flags.js';
import { Links } from '../../netlink/links.js';
import { ROLE_SENDER } from '../counters/counter-layout.js';
import { deviceDown, noSuchQueue } from '../link/device-errors.js';
import { findTap, queueCountOf } from '../link/tap-link.js';
import { SLOT_BYTES, SlotLayout } from '../memory/slot-layout.js';
import { readDeviceRecord } from '../state/device-record.js';
import { numbersFrom } from './numbered-queues.js';
import { BURST_FRAMES, TapDevice } from './tap-device.js';
import type { TapQueue } from './tap-queue.js';

/**
 * Bytes of a burst for each of its frames. Longer frames share the room, which still fits the processor's
 * cache.
 */
const SENDING_FRAME_BYTES = 2048;

/** How often the carrier is checked. */
const RUNNING_POLL_MS = 1;

/** Most bytes of the bursts of all queues together. FrameArena has this limit, too. */
const BURSTS_BYTES_MAX = 60 * 1024 * 1024;
/** With bursts of fewer frames a call into the kernel costs more than what is sent. */
const BURST_FRAMES_MIN = 32;

/** Which queues of a device to send into. */
export interface SendingChoice {
  /** Numbers of queues, in rising order. */
  readonly selection: 'all' | readonly number[];
  /** Queues of a device that rtap did not make: the kernel does not tell how many it has. */
  readonly queuesGiven?: number | undefined;
  /** Bursts of each queue, if there is room for so many. */
  readonly burstsPerQueue: number;
  /** Returns the bytes of the device's store if its queues hold `frames` frames: those of full bursts, and one more. @default none */
  readonly storeBytes?: (frames: number) => number;
}

/** Queues of a device that are open to send into, and to receive nothing. */
export interface SendingQueues {
  /** Owns the rest. */
  readonly device: TapDevice;
  /** The queues that were chosen, ordered by number. */
  readonly queues: readonly TapQueue[];
  /** Queues of the device. */
  readonly queueCount: number;
  /** Bursts that each queue may have. */
  readonly burstsPerQueue: number;
  readonly link: Link;
  /**
   * Whether the device was made for NAPI. Frames that are sent here bypass it, because the queues are detached.
   */
  readonly besideNapi: boolean;
}

/**
 * Opens queues of the device `name` for sending.
 *
 * Other readers lose no frames: the queues are detached at once. They are attached without IFF_NAPI, with which
 * the kernel refuses what a detached queue sends. If no process uses the device, the queues before the chosen ones
 * are attached and detached too, so that the kernel sees the frames come from the right queues.
 *
 * Throws a SystemError with EIO if the device is down, EINVAL if it lacks one of the queues, and what
 * TapDevice.open throws.
 */
export function openQueuesForSending(name: string, choice: SendingChoice): SendingQueues {
  const link = findTap(name, 'send into');
  const attached = link.tun?.queues ?? 0;
  const queueCount = choice.queuesGiven ?? Math.max(queueCountOf(link), attached);
  const numbers = choice.selection === 'all' ? numbersFrom(0, queueCount) : choice.selection;
  const last = numbers.at(-1)!;
  if (last >= queueCount) throw noSuchQueue(name, last, queueCount);
  if ((link.flags & IFF_UP) === 0) throw deviceDown(name);
  const bursts = planBursts(numbers.length, choice.burstsPerQueue);
  const device = TapDevice.open(name, {
    queueNumbers: attached === 0 ? numbersFrom(0, last + 1) : numbers,
    burstFrames: bursts.burstFrames,
    burstsMax: numbers.length * bursts.burstsPerQueue,
    frameBytesMax: SENDING_FRAME_BYTES,
    storeBytes: choice.storeBytes?.(numbers.length * (bursts.burstsPerQueue * bursts.burstFrames + 1)) ?? 0,
    share: true,
    sendOnly: true,
    role: ROLE_SENDER,
  });
  const besideNapi = !device.borrowed && readDeviceRecord(link.index)?.napi === true;
  const queues = device.queues.filter(({ number }) => numbers.includes(number));
  return { device, queues, queueCount, burstsPerQueue: bursts.burstsPerQueue, link, besideNapi };
}

/** Bursts of many queues are fewer, and shorter if one for each queue is still too much. */
function planBursts(
  queueCount: number,
  burstsWanted: number,
): { readonly burstFrames: number; readonly burstsPerQueue: number } {
  const { slotBytes } = new SlotLayout({ frameBytesMax: SENDING_FRAME_BYTES });
  for (let burstFrames = BURST_FRAMES; ; burstFrames /= 2) {
    const room = Math.floor(BURSTS_BYTES_MAX / (queueCount * Math.max(burstFrames * slotBytes, SLOT_BYTES)));
    if (room >= Math.min(burstsWanted, 2) || burstFrames === BURST_FRAMES_MIN)
      return { burstFrames, burstsPerQueue: Math.min(room, burstsWanted) };
  }
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
