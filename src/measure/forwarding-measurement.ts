import { PacketRing } from '../sys/packet-ring.js';
import type { ForwardingOptions } from '../tap/forward/forwarding.js';
import { BENCH_MTU } from './bench-device.js';
import type { BenchGround } from './bench-ground.js';
import { ForwardedPair, type PairOptions } from './forwarded-pair.js';
import { flowsFor, offerMeanwhile } from './reception-measurement.js';
import type { Sample } from './sample.js';
import { Offering } from './threads/flood.js';
import { FrameOrder } from './threads/frame-order.js';
import type { Timing } from './threads/measuring-window.js';
import { ORDERED_FRAMES, perFrame, sum } from './transmission-measurement.js';

export interface ForwardingCase {
  readonly forwarding: ForwardingOptions;
  readonly frameBytes: number;
  readonly queueCount: number;
}

/** How long a forwarder may take to carry what it was given. */
const CARRY_TIMEOUT_MS = 5_000;
/** How often the counts are checked. */
const LOOK_MS = 5;
/** Frames that are offered between two checks of what has arrived: fewer than wait in a queue. */
const OFFERED_AT_ONCE = 512;

/**
 * Carries numbered frames through rtap's forwarder, from one TAP to another. A packet socket offers them as fast as
 * it can. The kernel counts at the other end what arrived. In a second pass a packet socket there sees the order.
 */
export async function measureForwarding(
  ground: BenchGround,
  bench: ForwardingCase,
  timing: Timing,
): Promise<Sample> {
  const timed = await carryTimed(ground, bench, timing);
  const ordered = await carryOrdered(ground, bench);
  const { frames, bits, seconds, processorSeconds } = timed.span;
  return {
    framesPerSecond: frames / seconds,
    bitsPerSecond: bits / seconds,
    processorNanoseconds: perFrame(processorSeconds, frames),
    offered: timed.offered + ordered.offered,
    arrived: timed.arrived + ordered.arrived,
    missed: timed.missed + ordered.missed,
    refused: timed.refused + ordered.refused,
    ordered: ordered.order.received,
    outOfOrder: ordered.order.outOfOrder,
    workers: 0,
  };
}

async function carryTimed(ground: BenchGround, bench: ForwardingCase, timing: Timing) {
  await using pair = await ForwardedPair.make(ground, pairOptions(bench));
  const frames = { frameBytes: bench.frameBytes, flows: flowsFor(bench.queueCount) };
  let span = NO_SPAN;
  const flood = await offerMeanwhile(ground, pair.first, frames, async () => {
    span = await sampleSpan(ground, pair, timing, () => {
      const frames = pair.second.counts.received;
      return { frames, bits: frames * bench.frameBytes * 8 };
    });
  });
  // The forwarder carries what waits, then ends.
  pair.forwarding.stop();
  await pair.forwarding.ended;
  return { span, offered: flood.offered, refused: flood.refused, ...arrivalsOf(pair) };
}

/** What a forwarder did during the measured time. */
export interface ForwardedSpan {
  readonly frames: number;
  readonly bits: number;
  readonly seconds: number;
  /** Processor time of the forwarder's threads. */
  readonly processorSeconds: number;
}

/** The span before anything was measured. */
export const NO_SPAN: ForwardedSpan = { frames: 0, bits: 0, seconds: 1, processorSeconds: 0 };

/** Waits for the measured time. `count` returns what has come so far. */
export async function sampleSpan(
  ground: Pick<BenchGround, 'pause' | 'halted'>,
  pair: Pick<ForwardedPair, 'processorSeconds'>,
  timing: Timing,
  count: () => { readonly frames: number; readonly bits: number },
): Promise<ForwardedSpan> {
  const look = () => ({ ms: performance.now(), ...count() });
  await ground.pause(timing.warmMs);
  // The processor time is read before the first count and after the last: on a busy machine frames are carried between two readings,
  // and each frame that counts has its processor time in the span.
  const processorBefore = pair.processorSeconds;
  const before = look();
  await ground.pause(timing.durationMs);
  let after = look();
  // On a busy machine nothing may have come yet.
  while (after.frames === before.frames && !ground.halted && after.ms - before.ms < CARRY_TIMEOUT_MS) {
    await ground.pause(LOOK_MS);
    after = look();
  }
  return {
    frames: after.frames - before.frames,
    bits: after.bits - before.bits,
    seconds: (after.ms - before.ms) / 1000,
    processorSeconds: pair.processorSeconds - processorBefore,
  };
}

async function carryOrdered(ground: BenchGround, bench: ForwardingCase) {
  await using pair = await ForwardedPair.make(ground, pairOptions(bench));
  using witness = new PacketRing(pair.second.ifindex, 2 * ORDERED_FRAMES);
  const flows = flowsFor(bench.queueCount);
  using offering = new Offering({ ifindex: pair.first.ifindex, frameBytes: bench.frameBytes, flows });
  const deadline = performance.now() + CARRY_TIMEOUT_MS;
  while (pair.second.counts.received < ORDERED_FRAMES && performance.now() < deadline && !ground.halted) {
    const end = offering.offered + OFFERED_AT_ONCE;
    while (offering.offered + offering.refused < end) offering.turn();
    // Lets the event loop handle signals.
    await new Promise((resolve) => setImmediate(resolve));
  }
  pair.forwarding.stop();
  await pair.forwarding.ended;
  const order = new FrameOrder({ byStream: true });
  for (; witness.next(); witness.release()) order.take(witness.bytes, witness.offset, witness.length, 0);
  return { offered: offering.offered, refused: offering.refused, ...arrivalsOf(pair), order };
}

/** Frames that the kernel refused count as missed. */
function arrivalsOf({ first, second, forwarding }: ForwardedPair) {
  const refused = forwarding.report().flatMap((lane) => Object.values(lane.refused));
  return { arrived: second.counts.received, missed: first.counts.missed + sum(refused) };
}

function pairOptions({ forwarding, queueCount }: ForwardingCase): PairOptions {
  return { device: { queueCount, mtu: BENCH_MTU, offloads: [] }, forwarding, apart: false };
}
