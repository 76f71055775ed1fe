/**
 * How fast one queue sends and receives 64-byte frames from TypeScript, beside a plain write(2) or read(2) loop in C.
 *
 *   npx tsx bench/queue-rates.ts
 *
 * Both take turns in one run, in a network namespace of its own; the medians and their ratios are printed. These are
 * rates of this machine at this moment: only the ratios can be compared.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { enterNewNetworkNamespace } from '../src/sys/network-namespace.js';
import { PacketSocket } from '../src/sys/packet-socket.js';
import { CreatedDevice } from '../src/tap/device-creation.js';
import { waitUntilRunning } from '../src/tap/sending.js';
import { TapDevice } from '../src/tap/tap-device.js';

const ROUNDS = 5;
const SENT_FRAMES = 500_000;
/** As many as wait in the queue at once: they are there before the clock starts. */
const RECEIVED_FRAMES = 50_000;
const BURSTS = [8, 32, 64];
/** Bytes of a receive segment, as network cards have them. */
const SEGMENT_BYTES = 2048;
/** Where a frame is parted into segments to be sent. */
const SEGMENT_ENDS = [14, 34, 64];
/** What the carrier may take after an attach: frames before it are lost, and would be waited for. */
const CARRIER_TIMEOUT_MS = 10_000;
const FRAME = Uint8Array.from(
  { length: 64 },
  (_, at) => [255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 0x88, 0xb5][at] ?? 0,
);
const NAME = 'bench0';

/** Million frames a second, by what was measured. */
const rates = new Map<string, number[]>();

function note(what: string, frames: number, seconds: number): void {
  rates.set(what, [...(rates.get(what) ?? []), frames / seconds / 1e6]);
}

function sendFromTypeScript(burstFrames: number): void {
  using device = TapDevice.open(NAME, { queueCount: 1, burstFrames });
  using burst = device.allocateBurst();
  const queue = device.queues[0]!;
  const start = performance.now();
  for (let sent = 0; sent < SENT_FRAMES; ) {
    burst.clear();
    while (burst.append(FRAME));
    sent += queue.send(burst);
  }
  note(`tx, TypeScript, bursts of ${burstFrames}`, SENT_FRAMES, (performance.now() - start) / 1000);
}

function sendSegmentsFromTypeScript(burstFrames: number): void {
  using device = TapDevice.open(NAME, { queueCount: 1, burstFrames });
  using burst = device.allocateBurst();
  using memory = device.mapMemory(FRAME.length);
  memory.bytes.set(FRAME);
  const segments = SEGMENT_ENDS.map((end, at) => memory.bytes.subarray(SEGMENT_ENDS[at - 1] ?? 0, end));
  const queue = device.queues[0]!;
  const start = performance.now();
  for (let sent = 0; sent < SENT_FRAMES; ) {
    burst.clear();
    while (burst.appendSegments(segments));
    sent += queue.send(burst);
  }
  const seconds = (performance.now() - start) / 1000;
  note(`tx, ${segments.length} segments, bursts of ${burstFrames}`, SENT_FRAMES, seconds);
}

async function receiveInTypeScript(
  burstFrames: number,
  ifindex: number,
  segmentBytes?: number,
): Promise<void> {
  const scatter = segmentBytes === undefined ? {} : { segmentBytes };
  using device = TapDevice.open(NAME, { queueCount: 1, burstFrames, ...scatter });
  using burst = device.allocateBurst();
  const queue = device.queues[0]!;
  await fillQueue(ifindex);
  const start = performance.now();
  let received = 0;
  while (received < RECEIVED_FRAMES) received += queue.receive(burst);
  const what = segmentBytes === undefined ? 'TypeScript' : `segments of ${segmentBytes}`;
  note(`rx, ${what}, bursts of ${burstFrames}`, received, (performance.now() - start) / 1000);
}

async function fillQueue(ifindex: number): Promise<void> {
  if (!(await waitUntilRunning(ifindex, CARRIER_TIMEOUT_MS))) throw new Error(`${NAME} has no carrier`);
  using socket = PacketSocket.open(ifindex);
  for (let sent = 0; sent < RECEIVED_FRAMES; sent++) socket.send(FRAME);
}

function sendFromC(program: string): void {
  const { stdout } = spawnSync(program, [NAME, 'write', String(SENT_FRAMES)], { encoding: 'utf8' });
  note('tx, C, write(2)', SENT_FRAMES, Number(stdout));
}

async function receiveInC(program: string, ifindex: number): Promise<void> {
  const reader: ChildProcess = spawn(program, [NAME, 'read', String(RECEIVED_FRAMES)], { stdio: 'pipe' });
  await once(reader.stdout!, 'data');
  await fillQueue(ifindex);
  reader.stdin!.write('\n');
  const [seconds] = await once(reader.stdout!, 'data');
  await once(reader, 'close');
  note('rx, C, read(2)', RECEIVED_FRAMES, Number(String(seconds)));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function report(): void {
  for (const [what, values] of rates) {
    const beside = median(rates.get(what.startsWith('tx') ? 'tx, C, write(2)' : 'rx, C, read(2)') ?? []);
    const spread = `${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)}`;
    const ratio = (median(values) / beside).toFixed(2);
    console.log(`${what.padEnd(32)} ${median(values).toFixed(2)} M/s (${spread}), ${ratio} times C`);
  }
}

enterNewNetworkNamespace();
const directory = mkdtempSync(join(tmpdir(), 'rtap-bench-'));
process.env.RTAP_RUNTIME_DIR = join(directory, 'run');
try {
  const program = join(directory, 'frame-loop');
  const source = fileURLToPath(new URL('c/frame-loop.c', import.meta.url));
  const { status } = spawnSync('gcc', ['-O2', '-Wall', '-o', program, source], { stdio: 'inherit' });
  if (status !== 0) throw new Error('gcc cannot compile bench/c/frame-loop.c');
  const created = CreatedDevice.create(NAME, { queueCount: 1, up: true, txqueuelen: 2 * RECEIVED_FRAMES });
  created.makePersistent();
  created[Symbol.dispose]();
  for (let round = 0; round < ROUNDS; round++) {
    sendFromC(program);
    for (const burstFrames of BURSTS) sendFromTypeScript(burstFrames);
    sendSegmentsFromTypeScript(32);
    await receiveInC(program, created.ifindex);
    for (const burstFrames of BURSTS) await receiveInTypeScript(burstFrames, created.ifindex);
    await receiveInTypeScript(32, created.ifindex, SEGMENT_BYTES);
  }
  report();
} finally {
  rmSync(directory, { recursive: true, force: true });
}
