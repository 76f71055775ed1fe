import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { EventDescriptor } from '../../src/sys/event-descriptor.js';
import { Ownership } from '../../src/sys/ownership.js';
import { PacketSocket } from '../../src/sys/packet-socket.js';
import { TX_PACKETS } from '../../src/tap/counters/counter-table.js';
import { FORWARDING_BURST_FRAMES } from '../../src/tap/forward/forwarding.js';
import { FINISHING } from '../../src/tap/forward/forwarding-lane.js';
import { ForwardingThread } from '../../src/tap/forward/forwarding-thread.js';
import { allocateLaneCounts, laneCounters } from '../../src/tap/forward/lane-counts.js';
import { planLanes } from '../../src/tap/forward/lane-plan.js';
import { findTap } from '../../src/tap/link/tap-link.js';
import { DeviceAttachment } from '../../src/tap/queue/device-attachment.js';
import { NAMES, untilRunning } from './bridged-devices.js';
import { UNICAST_FRAME } from './frame.js';

/** Frames that circulate at once: fewer than a queue holds. */
const CIRCLING_FRAMES = 64;

/** Ends a forwarder once it has sent enough frames: its own thread does not return to the event loop. */
const ENDER = `
  const { workerData, parentPort } = require('node:worker_threads');
  const { counts, at, state, frames, finishing } = workerData;
  const sleeping = new Int32Array(new SharedArrayBuffer(4));
  parentPort.postMessage('ready');
  while (at.reduce((sum, index) => sum + new Float64Array(counts)[index], 0) < frames) Atomics.wait(sleeping, 0, 0, 1);
  Atomics.store(new Int32Array(state), 0, finishing);
`;

function queuesOf({ taps, numbers, counters }: DeviceAttachment) {
  return taps.map(({ fd, headerBytes }, at) => {
    const number = numbers[at]!;
    return { fd, headerBytes, number, countersAddress: counters?.addressOf(number) };
  });
}

/**
 * Prepares the work of a forwarder's thread for this thread, with `frames` frames. Returns a function that does it.
 * `owned` owns the forwarder, whose end takes long if it has many queues.
 */
async function prepareForwarder(
  attachments: readonly [DeviceAttachment, DeviceAttachment],
  frames: number,
  owned: Ownership,
): Promise<() => void> {
  const wake = owned.own(new EventDescriptor());
  const lanes = planLanes([attachments[0].taps.length, attachments[1].taps.length], 1)[0]!;
  const laneCounts = allocateLaneCounts(lanes.length);
  const state = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const task = {
    devices: [queuesOf(attachments[0]), queuesOf(attachments[1])],
    lanes: lanes.map((lane, number) => ({ ...lane, number, discard: false })),
    laneCounts,
    state,
    budget: undefined,
    wakeFd: wake.fd,
    burstFrames: FORWARDING_BURST_FRAMES,
    waitingFramesMax: [CIRCLING_FRAMES, CIRCLING_FRAMES],
    busyPoll: false,
  } as const;
  const thread = owned.own(new ForwardingThread(task));
  const at = lanes.map((_, number) => laneCounters(laneCounts, number).byteOffset / 8 + TX_PACKETS);
  const workerData = { counts: laneCounts, at, state, frames, finishing: FINISHING };
  await once(new Worker(ENDER, { eval: true, workerData }), 'message');
  return () => void thread.run();
}

/**
 * Lets a forwarder carry a few frames round and round: from one port of a bridge to the other, from which they come
 * back. `run` gets a function that prepares a run of some frames.
 */
export async function withCirclingForwarder(
  run: (prepare: (frames: number) => Promise<() => void>) => Promise<void>,
): Promise<void> {
  using first = DeviceAttachment.open(findTap(NAMES[0], 'forward'));
  using second = DeviceAttachment.open(findTap(NAMES[1], 'forward'));
  using socket = PacketSocket.open(first.link.index);
  await untilRunning(NAMES[0], first.link.index);
  await untilRunning(NAMES[1], second.link.index);
  for (let sent = 0; sent < CIRCLING_FRAMES; sent++) socket.send(UNICAST_FRAME);
  using owned = new Ownership();
  await run((frames) => prepareForwarder([first, second], frames, owned));
}
