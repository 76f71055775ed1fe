import { PacketRing } from '../sys/packet-ring.js';
import { BenchDevice } from './bench-device.js';
import type { BenchGround } from './bench-ground.js';
import type { Sample } from './sample.js';
import { TaskGroup } from './task-group.js';
import { FrameOrder } from './threads/frame-order.js';
import type { Span, Timing } from './threads/measuring-window.js';
import type { SendEngineChoice, Transmission } from './threads/transmission.js';

/** Frames that are sent to check their order; some more may be. */
export const ORDERED_FRAMES = 20_480;

export interface TransmissionCase {
  /** Part of the names of its threads: other engines use other threads. */
  readonly label: string;
  readonly engine: SendEngineChoice;
  readonly frameBytes: number;
  readonly queueCount: number;
  readonly threadCount: number;
}

/**
 * Measures frames into the kernel, at top speed. The kernel counts what arrived. A second pass at the same speed
 * checks the order with a packet socket, which would slow down the first.
 */
export async function measureTransmission(
  ground: BenchGround,
  bench: TransmissionCase,
  timing: Timing,
): Promise<Sample> {
  using timed = await BenchDevice.make(bench.queueCount, ground.napi);
  const first = await send(ground, bench, timed, { timing });
  using watched = await BenchDevice.make(bench.queueCount, ground.napi);
  const bursts = bench.engine.burstFrames * bench.queueCount;
  using witness = new PacketRing(watched.ifindex, ORDERED_FRAMES + 2 * bursts);
  const frameCount = Math.ceil(ORDERED_FRAMES / bench.threadCount);
  const second = await send(ground, bench, watched, { timing, frameCount });
  const order = new FrameOrder({ byStream: true });
  for (; witness.next(); witness.release()) order.take(witness.bytes, witness.offset, witness.length, 0);
  const all = [...first, ...second];
  return {
    ...ratesOf(
      first.map(({ span }) => span),
      bench.frameBytes,
    ),
    offered: sum(all.map(({ accepted }) => accepted)),
    arrived: timed.counts.received + watched.counts.received,
    missed: 0,
    refused: sum(all.map(({ refused }) => refused)),
    ordered: order.received,
    outOfOrder: order.outOfOrder,
    workers: 0,
  };
}

async function send(
  ground: BenchGround,
  { label, engine, frameBytes, threadCount }: TransmissionCase,
  device: BenchDevice,
  task: { readonly timing: Timing; readonly frameCount?: number },
): Promise<Transmission[]> {
  const halt = ground.halt();
  await using group = new TaskGroup(halt);
  const running = device.share(threadCount).map((taps, number) => {
    const { word, wakeFd } = halt;
    const thread = ground.thread(`${label} ${number}`);
    return group.add(
      thread.run({ kind: 'send', taps, engine, frameBytes, ...task, halt: { word, wakeFd } } as const),
    );
  });
  return await Promise.all(running.map(({ ended }) => ended));
}

/** Returns the rates of threads that work side by side: they are added. */
export function ratesOf(
  spans: readonly (Span | undefined)[],
  frameBytes: number,
): Pick<Sample, 'framesPerSecond' | 'bitsPerSecond' | 'processorNanoseconds'> {
  const measured = spans.filter((span) => span !== undefined);
  const framesPerSecond = sum(measured.map(({ frames, seconds }) => frames / seconds));
  const frames = sum(measured.map((span) => span.frames));
  const processorSeconds = sum(measured.map((span) => span.processorSeconds));
  const bitsPerSecond = framesPerSecond * frameBytes * 8;
  return { framesPerSecond, bitsPerSecond, processorNanoseconds: perFrame(processorSeconds, frames) };
}

/** Returns nanoseconds of processor time for each of `frames`; 0 if there were none. */
export function perFrame(processorSeconds: number, frames: number): number {
  return frames === 0 ? 0 : (processorSeconds / frames) * 1e9;
}

/** Returns the sum of `numbers`. */
export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
