/**
 * Measures what the extended counters cost: processor time for each 64-byte frame that one queue sends or receives in
 * bursts of 32, with the counters and without, and the cost of counting alone.
 *
 *   node --import=./build/typescript.mjs bench/counter-costs.ts
 *
 * Processes take turns, in a network namespace of their own. "without": the functions that count a frame's kind are
 * replaced by empty ones before the first frame. "looking": the same, but the receiver reads one byte of each frame,
 * as every useful receiver does. The first read of a frame fetches its memory, and with counters they pay for that.
 * On a busy machine compare the least values: what other programs add is more than the counters cost.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { enterNewNetworkNamespace } from '../src/sys/network-namespace.js';
import { PacketSocket } from '../src/sys/packet-socket.js';
import { privateCounters } from '../src/tap/counters/counter-table.js';
import { ReceivedTally, SentTally } from '../src/tap/counters/frame-tally.js';
import { CreatedDevice } from '../src/tap/device/device-creation.js';
import type { FrameBurst } from '../src/tap/memory/frame-burst.js';
import { waitUntilRunning } from '../src/tap/queue/sending-device.js';
import { TapDevice } from '../src/tap/queue/tap-device.js';
import { COMPILER_FLAG } from '../test/compiler-flag.js';

const ROUNDS = 9;
const BURST_FRAMES = 32;
const SENT_FRAMES = 400_000;
/** Frames that wait in the queue at once, and how often it is filled. */
const WAITING_FRAMES = 15_000;
const FILLS = 8;
const COUNTED_BURSTS = 200_000;
const CARRIER_TIMEOUT_MS = 10_000;
const FRAME = Uint8Array.from(
  { length: 64 },
  (_, at) => [255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 0x88, 0xb5][at] ?? 0,
);
const NAME = 'bench0';
const VARIANTS = ['with', 'without', 'looking'] as const;

/** Sum of the bytes that a receiver read: V8 cannot leave the reads out, because it is printed. */
let looked = 0;

/** Nanoseconds of processor time for each frame. */
interface Costs {
  readonly tx: number;
  readonly rx: number;
}

function processorNs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

function leaveCountersOut(): void {
  const nothing = () => {};
  Object.assign(ReceivedTally.prototype, { add: nothing, settle: nothing });
  Object.assign(SentTally.prototype, { add: nothing, addHeader: nothing, settle: nothing });
}

function sendAll(device: TapDevice): number {
  using burst = device.allocateBurst();
  const queue = device.queues[0]!;
  const start = processorNs();
  for (let sent = 0; sent < SENT_FRAMES; ) {
    burst.clear();
    while (burst.append(FRAME));
    sent += queue.send(burst);
  }
  return (processorNs() - start) / SENT_FRAMES;
}

/** Reads a byte of each frame, as every useful receiver does: the processor fetches the memory of the frame. */
function lookAt(burst: FrameBurst): void {
  for (let index = 0; index < burst.count; index++) looked += burst.bytes[burst.offsets[index]!]!;
}

function receiveAll(device: TapDevice, look: boolean): number {
  using burst = device.allocateBurst();
  using socket = PacketSocket.open(device.ifindex);
  const queue = device.queues[0]!;
  let spent = 0;
  for (let fill = 0; fill < FILLS; fill++) {
    for (let sent = 0; sent < WAITING_FRAMES; sent++) socket.send(FRAME);
    const start = processorNs();
    for (let received = 0; received < WAITING_FRAMES; ) {
      received += queue.receive(burst);
      if (look) lookAt(burst);
    }
    spent += processorNs() - start;
  }
  return spent / (FILLS * WAITING_FRAMES);
}

async function measureQueue(look: boolean): Promise<Costs> {
  using device = TapDevice.open(NAME, { queueCount: 1, burstFrames: BURST_FRAMES });
  if (!(await waitUntilRunning(device.ifindex, CARRIER_TIMEOUT_MS)))
    throw new Error(`${NAME} has no carrier`);
  sendAll(device);
  return { tx: sendAll(device), rx: receiveAll(device, look) };
}

/** Measures counting without a queue, with frames of all lengths and destinations. Nanoseconds for each frame. */
function measureCounting(): Costs {
  const bytes = new Uint8Array(BURST_FRAMES * 128);
  for (let frame = 0; frame < BURST_FRAMES; frame++) bytes.set(FRAME.subarray(frame % 7), frame * 128 + 64);
  const counters = privateCounters();
  const received = new ReceivedTally(12);
  const sent = new SentTally();
  const rx = timed(() => {
    for (let frame = 0; frame < BURST_FRAMES; frame++)
      received.add(bytes, frame * 128 + 64, 60 + frame * 300);
    received.settle(counters);
  });
  const tx = timed(() => {
    for (let frame = 0; frame < BURST_FRAMES; frame++) {
      sent.add(60 + frame * 300, frame % 3);
      sent.addHeader(bytes, frame * 128 + 52);
    }
    sent.settle(counters);
  });
  return { tx, rx };
}

function timed(burst: () => void): number {
  for (let warm = 0; warm < COUNTED_BURSTS / 10; warm++) burst();
  const start = processorNs();
  for (let count = 0; count < COUNTED_BURSTS; count++) burst();
  return (processorNs() - start) / (COUNTED_BURSTS * BURST_FRAMES);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function inTurns(): void {
  const costs: Record<(typeof VARIANTS)[number], Costs[]> = { with: [], without: [], looking: [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const variant of round % 2 === 0 ? VARIANTS : VARIANTS.toReversed()) {
      const words = [COMPILER_FLAG, fileURLToPath(import.meta.url), variant];
      const { stdout, stderr, status } = spawnSync(process.execPath, words, { encoding: 'utf8' });
      if (status !== 0) throw new Error(stderr);
      costs[variant].push(JSON.parse(stdout) as Costs);
    }
  }
  const alone = measureCounting();
  for (const direction of ['rx', 'tx'] as const) {
    const of = (variant: (typeof VARIANTS)[number]) => costs[variant].map((cost) => cost[direction]);
    const least = (values: readonly number[]) => Math.min(...values);
    const rows = VARIANTS.map(
      (variant) => `${variant} ${least(of(variant)).toFixed(0)} (median ${median(of(variant)).toFixed(0)})`,
    );
    console.log(
      `${direction}, ns a frame: ${rows.join(', ')}; the counting alone ${alone[direction].toFixed(1)}`,
    );
  }
}

const [, , variant] = process.argv;
if (variant !== undefined) {
  if (variant !== 'with') leaveCountersOut();
  const costs = await measureQueue(variant === 'looking');
  console.log(JSON.stringify({ ...costs, looked }));
} else {
  enterNewNetworkNamespace();
  const directory = mkdtempSync(join(tmpdir(), 'rtap-bench-'));
  process.env.RTAP_RUNTIME_DIR = join(directory, 'run');
  try {
    const created = CreatedDevice.create(NAME, { queueCount: 1, up: true, txqueuelen: 2 * WAITING_FRAMES });
    created.makePersistent();
    created[Symbol.dispose]();
    inTurns();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
