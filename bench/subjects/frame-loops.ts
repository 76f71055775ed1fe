/**
 * Sends, receives or forwards frames between two calls of gc(), in a network namespace of its own. --trace-gc tells
 * what a frame costs the heap.
 *
 *   node --expose-gc --trace-gc frame-loops.js tx|rx|views|fwd|inject|threads|file FRAMES [PATH]
 *
 * tx sends into a TAP. rx sends into one port of a bridge and reads at the other. views is rx, and examines each
 * frame as programs do, with `frame` and `facts`. fwd lets a forwarder carry a few frames round and round: from one
 * port of the bridge to the other, from which they come back. inject is the loop of `tx-inject --stamp -t` over two queues,
 * threads the same with two threads, file that of `tx-inject -r PATH -t`, where PATH is made. Each runs once before it is measured, so that V8 compiles the code.
 */
import type { FrameBurst } from '../../src/tap/memory/frame-burst.js';
import type { TapDevice } from '../../src/tap/queue/tap-device.js';
import type { TapQueue } from '../../src/tap/queue/tap-queue.js';
import { fillAndSend, makeBridgedDevices, NAMES, openBridged } from './bridged-devices.js';
import { withCirclingForwarder } from './circling-forwarder.js';
import { type InjectionKind, withInjection } from './injection-loop.js';

const WARM_FRAMES = 200_000;

const [kind = '', frames, capture = ''] = process.argv.slice(2);

/** The kinds that are loops of tx-inject. */
const INJECTIONS: Readonly<Record<string, InjectionKind>> = {
  inject: { threadCount: 1 },
  threads: { threadCount: 2 },
  file: { threadCount: 1, capture },
};

/** Sum of the bytes that were read: V8 cannot leave the reads out, because it is tested. */
let looked = 0;

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

/** Prepares the handling of some frames. Returns a function that does it. */
type Prepare = (frames: number) => (() => unknown) | Promise<() => unknown>;

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

/** Measures one run. Neither the preparation nor a first run is measured. */
async function measure(prepare: Prepare, frames: number): Promise<void> {
  await (await prepare(WARM_FRAMES))();
  const run = await prepare(frames);
  gc!();
  await run();
  gc!();
}

async function runLoop(kind: string, frames: number): Promise<void> {
  if (kind === 'fwd') return await withCirclingForwarder((prepare) => measure(prepare, frames));
  const injection = INJECTIONS[kind];
  if (injection !== undefined)
    return await withInjection(NAMES[0], injection, (prepare) => measure(prepare, frames));
  using device = await openBridged(NAMES[0]);
  using outgoing = device.allocateBurst();
  if (kind === 'tx') return await measure((count) => () => send(device, outgoing, count), frames);
  using other = await openBridged(NAMES[1]);
  using incoming = other.allocateBurst();
  const ends = { from: other.queues[0]!, to: device.queues[0]!, outgoing, incoming };
  const look = kind === 'views' ? lookAtViews : lookAtBytes;
  await measure((count) => () => receive(ends, look, count), frames);
}

makeBridgedDevices(INJECTIONS[kind] === undefined ? 1 : 2);
await runLoop(kind, Number(frames));
if (looked < 0) throw new Error('a sum of bytes is not negative');
