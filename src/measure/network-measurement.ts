import { spawnSync } from 'node:child_process';
import { systemError } from '../sys/errno.js';
import { OFFLOADS_DEFAULT } from '../tap/device/offloads.js';
import type { ForwardingOptions } from '../tap/forward/forwarding.js';
import type { BenchGround } from './bench-ground.js';
import { ForwardedPair } from './forwarded-pair.js';
import { NO_SPAN, sampleSpan } from './forwarding-measurement.js';
import type { Sample, TripSample } from './sample.js';
import { TaskGroup } from './task-group.js';
import type { Timing } from './threads/measuring-window.js';
import type { StreamTask } from './threads/stream-ends.js';
import { perFrame } from './transmission-measurement.js';

export interface StreamCase {
  readonly forwarding: ForwardingOptions;
  readonly queueCount: number;
  /** Whether the kernel may leave TCP segments uncut: frames of up to 64 KB. */
  readonly offloads: boolean;
}

export interface LatencyCase {
  readonly forwarding: ForwardingOptions;
  readonly queueCount: number;
  /** Between an answer and the next request. */
  readonly pauseMs: number;
}

// Addresses for documentation (RFC 5737), one in each namespace.
const NEAR = '192.0.2.1';
const FAR = '192.0.2.2';
const FAR_BYTES = Uint8Array.of(192, 0, 2, 2);
/** The port of iperf3(1). */
const PORT = 5201;

/**
 * Measures one TCP connection through rtap's forwarder, from one namespace to another: payload, and the frames that
 * it took both ways. TCP sends lost segments again and sorts what arrives, so that neither loss nor order shows.
 */
export async function measureStream(ground: BenchGround, bench: StreamCase, timing: Timing): Promise<Sample> {
  await using pair = await connectedPair(ground, bench, bench.offloads);
  const bytes = new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT);
  const received = new Float64Array(bytes);
  const halt = ground.halt();
  await using group = new TaskGroup(halt);
  const { word, wakeFd } = halt;
  const task = (kind: StreamTask['kind']): StreamTask => ({
    kind,
    local: { address: FAR_BYTES, port: PORT },
    bytes,
    halt: { word, wakeFd },
  });
  const receiver = group.add(
    ground.withinFar(() => ground.thread('stream receiver')).run(task('stream-receive')),
  );
  await receiver.ready;
  const sender = group.add(ground.thread('stream sender').run(task('stream-send')));
  let span = NO_SPAN;
  const measure = async () => {
    await until(ground, () => received[0]! > 0);
    span = await sampleSpan(ground, pair, timing, () => ({
      frames: framesCarried(pair),
      bits: received[0]! * 8,
    }));
  };
  // If the connection breaks, the sender's error counts, not a rate of 0.
  await Promise.race([measure(), sender.ended, receiver.ended.then(() => sender.ended)]);
  return {
    framesPerSecond: span.frames / span.seconds,
    bitsPerSecond: span.bits / span.seconds,
    processorNanoseconds: perFrame(span.processorSeconds, span.frames),
    offered: 0,
    arrived: 0,
    missed: pair.first.counts.missed + pair.second.counts.missed,
    refused: 0,
    ordered: 0,
    outOfOrder: 0,
    workers: 0,
  };
}

/**
 * Measures round trips of ICMP echo requests through rtap's forwarder, to the kernel of another namespace and back.
 */
export async function measureLatency(
  ground: BenchGround,
  bench: LatencyCase,
  timing: Timing,
): Promise<TripSample> {
  await using pair = await connectedPair(ground, bench, true);
  const halt = ground.halt();
  await using group = new TaskGroup(halt);
  const { word, wakeFd } = halt;
  const { durationMs } = timing;
  const { pauseMs } = bench;
  const before = { ms: performance.now(), processorSeconds: pair.processorSeconds };
  const task = { kind: 'probe', address: FAR_BYTES, durationMs, pauseMs, halt: { word, wakeFd } } as const;
  const { tripsMs, lost, outOfOrder } = await group.add(ground.thread('probes').run(task)).ended;
  const seconds = (performance.now() - before.ms) / 1000;
  const processorShare = (pair.processorSeconds - before.processorSeconds) / seconds;
  return { tripsMs, lost, outOfOrder, processorShare };
}

async function connectedPair(
  ground: BenchGround,
  { forwarding, queueCount }: { readonly forwarding: ForwardingOptions; readonly queueCount: number },
  offloads: boolean,
): Promise<ForwardedPair> {
  const device = { queueCount, offloads: offloads ? OFFLOADS_DEFAULT : [] };
  const pair = await ForwardedPair.make(ground, { device, forwarding, apart: true });
  try {
    giveAddress(NEAR, pair.first.name);
    ground.withinFar(() => giveAddress(FAR, pair.second.name));
    return pair;
  } catch (error) {
    await pair[Symbol.asyncDispose]();
    throw error;
  }
}

/** Gives the device an address, in the network namespace of the caller. rtap requires ip(8) anyway. */
function giveAddress(address: string, device: string): void {
  const words = ['address', 'add', `${address}/24`, 'dev', device];
  const { status, stderr, error } = spawnSync('ip', words, { encoding: 'utf8' });
  if (status === 0) return;
  const code = error !== undefined && 'code' in error ? String(error.code) : 'EINVAL';
  const detail = error === undefined ? stderr.trim() : `ip(8) does not run: ${code}`;
  throw systemError({ action: 'give an address to', object: device, code, syscall: 'ip', detail });
}

function framesCarried({ forwarding }: ForwardedPair): number {
  return forwarding.report().reduce((total, lane) => total + lane.sent, 0);
}

const LOOK_MS = 1;
const FIRST_BYTES_TIMEOUT_MS = 10_000;

async function until(ground: BenchGround, reached: () => boolean): Promise<void> {
  const deadline = performance.now() + FIRST_BYTES_TIMEOUT_MS;
  while (!reached() && !ground.halted) {
    if (performance.now() > deadline)
      throw systemError({ action: 'measure', object: 'stream', code: 'ETIMEDOUT', syscall: 'recv' });
    await ground.pause(LOOK_MS);
  }
}
