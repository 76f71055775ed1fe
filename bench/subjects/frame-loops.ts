/**
 * Sends, receives or forwards frames between two calls of gc(), in a network namespace of its own, for --trace-gc to tell
 * what a frame costs the heap.
 *
 *   node --expose-gc --trace-gc frame-loops.js tx|rx|views|fwd FRAMES
 *
 * tx sends into a TAP. rx sends into one port of a bridge, and reads at the other; views looks at each frame as programs do,
 * by `frame` and `facts`. fwd lets a forwarder carry a few frames round and round: from one port of the bridge into the
 * other, from which they come back. All of it once before, unmeasured: code gets compiled.
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { EventDescriptor } from '../../src/sys/event-descriptor.js';
import { enterNewNetworkNamespace } from '../../src/sys/network-namespace.js';
import { PacketSocket } from '../../src/sys/packet-socket.js';
import { DeviceAttachment } from '../../src/tap/device-attachment.js';
import { CreatedDevice } from '../../src/tap/device-creation.js';
import { allocateLaneCounts, laneCounters } from '../../src/tap/forward-counts.js';
import { planLanes } from '../../src/tap/forward-plan.js';
import { FORWARDING_BURST_FRAMES } from '../../src/tap/forwarding.js';
import { FINISHING, ForwardingThread } from '../../src/tap/forwarding-thread.js';
import type { FrameBurst } from '../../src/tap/frame-burst.js';
import { TX_PACKETS } from '../../src/tap/queue-counters.js';
import { waitUntilRunning } from '../../src/tap/sending.js';
import { TapDevice } from '../../src/tap/tap-device.js';
import { findTap } from '../../src/tap/tap-link.js';
import type { TapQueue } from '../../src/tap/tap-queue.js';
import { UNICAST_FRAME } from './frame.js';

const NAMES = ['loop0', 'loop1'] as const;
const WARM_FRAMES = 200_000;
/** That go round at once: less than a queue holds. */
const CIRCLING_FRAMES = 64;
const CARRIER_TIMEOUT_MS = 10_000;

/** Bytes that were looked at: a sum that nobody may leave out. */
let looked = 0;

function ip(...commands: readonly string[]): void {
  for (const command of commands) execFileSync('ip', command.split(' '));
}

/** Two TAPs that stay: with this process the namespace goes, and they with it. */
function makeDevices(): void {
  enterNewNetworkNamespace();
  for (const scope of ['default', 'all']) writeFileSync(`/proc/sys/net/ipv6/conf/${scope}/disable_ipv6`, '1');
  for (const name of NAMES) {
    using created = CreatedDevice.create(name, { queueCount: 1, up: true });
    created.makePersistent();
  }
  ip('link add bridge0 type bridge forward_delay 0', 'link set bridge0 up');
  for (const name of NAMES) ip(`link set ${name} master bridge0`);
}

async function open(name: string): Promise<TapDevice> {
  const device = TapDevice.open(name);
  if (await waitUntilRunning(device.ifindex, CARRIER_TIMEOUT_MS)) return device;
  device[Symbol.dispose]();
  throw new Error(`${name} has no carrier`);
}

function fillAndSend(queue: TapQueue, burst: FrameBurst): number {
  burst.clear();
  while (burst.append(UNICAST_FRAME));
  return queue.send(burst);
}

function send(device: TapDevice, burst: FrameBurst, frames: number): void {
  const queue = device.queues[0]!;
  for (let sent = 0; sent < frames; ) sent += fillAndSend(queue, burst);
}

function lookAtBytes(burst: FrameBurst): void {
  for (let index = 0; index < burst.count; index++) looked += burst.bytes[burst.offsets[index]!]!;
}

function lookAtViews(burst: FrameBurst): void {
  for (let index = 0; index < burst.count; index++)
    looked += burst.frame(index)[0]! + burst.facts(index).gsoBytes;
}

/** Makes ready to handle so many frames; what it returns handles them. */
type Prepare = (frames: number) => (() => void) | Promise<() => void>;

interface Ends {
  readonly from: TapQueue;
  readonly to: TapQueue;
  readonly outgoing: FrameBurst;
  readonly incoming: FrameBurst;
}

function receive(
  { from, to, outgoing, incoming }: Ends,
  look: (burst: FrameBurst) => void,
  frames: number,
): void {
  for (let received = 0; received < frames; ) {
    fillAndSend(to, outgoing);
    for (let waiting = 1; waiting > 0; received += waiting) {
      waiting = from.receive(incoming);
      look(incoming);
    }
  }
}

/** Ends a forwarder once it has sent so many frames: it is asked by nobody else while it runs. */
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

/** What a thread of a forwarder does, in this one. */
async function prepareForwarder(
  attachments: readonly [DeviceAttachment, DeviceAttachment],
  frames: number,
): Promise<() => void> {
  const wake = new EventDescriptor();
  const lanes = planLanes([1, 1], 1)[0]!;
  const laneCounts = allocateLaneCounts(lanes.length);
  const state = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const thread = new ForwardingThread({
    devices: [queuesOf(attachments[0]), queuesOf(attachments[1])],
    lanes: lanes.map((lane, number) => ({ ...lane, number, discard: false })),
    laneCounts,
    state,
    budget: undefined,
    wakeFd: wake.fd,
    burstFrames: FORWARDING_BURST_FRAMES,
    waitingFramesMax: [CIRCLING_FRAMES, CIRCLING_FRAMES],
    busyPoll: false,
  });
  const at = lanes.map((_, number) => laneCounters(laneCounts, number).byteOffset / 8 + TX_PACKETS);
  const workerData = { counts: laneCounts, at, state, frames, finishing: FINISHING };
  await once(new Worker(ENDER, { eval: true, workerData }), 'message');
  return () => {
    thread.run();
    thread[Symbol.dispose]();
    wake[Symbol.dispose]();
  };
}

/** The preparation is not measured, nor is the first run. */
async function measure(prepare: Prepare, frames: number): Promise<void> {
  (await prepare(WARM_FRAMES))();
  const run = await prepare(frames);
  gc!();
  run();
  gc!();
}

async function runForwarder(frames: number): Promise<void> {
  using first = DeviceAttachment.open(findTap(NAMES[0], 'forward'));
  using second = DeviceAttachment.open(findTap(NAMES[1], 'forward'));
  using socket = PacketSocket.open(first.link.index);
  await waitUntilRunning(first.link.index, CARRIER_TIMEOUT_MS);
  await waitUntilRunning(second.link.index, CARRIER_TIMEOUT_MS);
  for (let sent = 0; sent < CIRCLING_FRAMES; sent++) socket.send(UNICAST_FRAME);
  await measure((count) => prepareForwarder([first, second], count), frames);
}

async function runLoop(kind: string, frames: number): Promise<void> {
  if (kind === 'fwd') return await runForwarder(frames);
  using device = await open(NAMES[0]);
  using outgoing = device.allocateBurst();
  if (kind === 'tx') return await measure((count) => () => send(device, outgoing, count), frames);
  using other = await open(NAMES[1]);
  using incoming = other.allocateBurst();
  const ends = { from: other.queues[0]!, to: device.queues[0]!, outgoing, incoming };
  const look = kind === 'views' ? lookAtViews : lookAtBytes;
  await measure((count) => () => receive(ends, look, count), frames);
}

const [kind = '', frames] = process.argv.slice(2);
makeDevices();
await runLoop(kind, Number(frames));
if (looked < 0) throw new Error('a sum of bytes is not negative');
