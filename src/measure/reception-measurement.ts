import { BenchDevice } from './bench-device.js';
import type { BenchGround } from './bench-ground.js';
import type { Sample } from './sample.js';
import { TaskGroup } from './task-group.js';
import type { Flood, FloodTask } from './threads/flood.js';
import type { Timing } from './threads/measuring-window.js';
import type { ReceiveEngineChoice } from './threads/reception.js';
import { ORDERED_FRAMES, ratesOf, sum } from './transmission-measurement.js';

/**
 * How much longer than planned the measurement may take: a thread whose queues no flow has chosen measures nothing.
 */
const PATIENCE_MS = 3_000;

/** The first number of gentle frames: no flood gets so far. */
const GENTLE_SEQUENCE = 2 ** 40;

export interface ReceptionCase {
  /** Part of the names of its threads: other engines use other threads. */
  readonly label: string;
  readonly engine: ReceiveEngineChoice;
  readonly frameBytes: number;
  readonly queueCount: number;
  readonly threadCount: number;
}

/**
 * Measures frames out of the kernel. A packet socket offers them as fast as it can from a thread of its own. Then it
 * offers some in small bursts, between which the engine sleeps: that is when reads are woken in vain. The order of
 * all frames is checked, and every frame that was offered is accounted for.
 */
export async function measureReception(
  ground: BenchGround,
  bench: ReceptionCase,
  timing: Timing,
): Promise<Sample> {
  const { label, engine, frameBytes, queueCount, threadCount } = bench;
  using device = await BenchDevice.make(queueCount, ground.napi);
  const halt = ground.halt();
  await using group = new TaskGroup(halt);
  const { word, wakeFd } = halt;
  const received = new SharedArrayBuffer(threadCount * Float64Array.BYTES_PER_ELEMENT);
  const receivers = device.share(threadCount).map((taps, thread) => {
    const task = { kind: 'receive', taps, engine, timing, received, thread, halt: { word, wakeFd } } as const;
    return group.add(ground.thread(`${label} ${thread}`).run(task));
  });
  await Promise.all(receivers.map(({ ready }) => ready));
  const frames = { frameBytes, flows: flowsFor(queueCount) };
  const flood = await offerMeanwhile(ground, device, frames, async () => {
    const measured = Promise.all(receivers.map((receiver) => receiver.measured));
    await Promise.race([measured, ground.pause(timing.warmMs + timing.durationMs + PATIENCE_MS)]);
  });
  const gentle = await offerGently(ground, device, { ...frames, received });
  halt.now();
  const receptions = await Promise.all(receivers.map(({ ended }) => ended));
  const arrived = sum(receptions.map((reception) => reception.received));
  return {
    ...ratesOf(
      receptions.map(({ span }) => span),
      frameBytes,
    ),
    offered: flood.offered + gentle.offered,
    arrived,
    missed: device.counts.missed,
    refused: flood.refused + gentle.refused,
    ordered: arrived,
    outOfOrder: sum(receptions.map(({ outOfOrder }) => outOfOrder)),
    workers: sum(receptions.map(({ workers }) => workers)),
  };
}

/** Offers frames to go out of `device` until `until` has settled. Returns how many it offered. */
export async function offerMeanwhile(
  ground: BenchGround,
  { ifindex }: Pick<BenchDevice, 'ifindex'>,
  frames: Pick<FloodTask, 'frameBytes' | 'flows'>,
  until: () => Promise<void>,
): Promise<Flood> {
  const halt = ground.halt();
  await using group = new TaskGroup(halt);
  const { word, wakeFd } = halt;
  const task = { kind: 'flood', ifindex, ...frames, halt: { word, wakeFd } } as const;
  const flood = group.add(ground.thread('flood').run(task));
  // The flood ends earlier only if it fails, or everything is halted.
  await Promise.race([flood.ready.then(until), flood.ended]);
  halt.now();
  return await flood.ended;
}

/** Offers frames after those of a flood, with higher numbers, until ORDERED_FRAMES have arrived. */
async function offerGently(
  ground: BenchGround,
  { ifindex }: Pick<BenchDevice, 'ifindex'>,
  { received, ...frames }: Pick<FloodTask, 'frameBytes' | 'flows'> & { readonly received: SharedArrayBuffer },
): Promise<Flood> {
  const halt = ground.halt();
  await using group = new TaskGroup(halt);
  const { word, wakeFd } = halt;
  const pace = { gentle: { frames: ORDERED_FRAMES, received }, firstSequence: GENTLE_SEQUENCE };
  const task = { kind: 'flood', ifindex, ...frames, ...pace, halt: { word, wakeFd } } as const;
  return await group.add(ground.thread('flood').run(task)).ended;
}

/** Returns how many flows the kernel can choose queues by: a power of two up to 64, 8 for each queue. */
export function flowsFor(queueCount: number): number {
  return queueCount === 1 ? 1 : Math.min(64, 2 ** Math.ceil(Math.log2(queueCount * 8)));
}
