import type { BenchGround } from '../../measure/bench-ground.js';
import { measureForwarding } from '../../measure/forwarding-measurement.js';
import { measureLatency, measureStream } from '../../measure/network-measurement.js';
import { measureReception } from '../../measure/reception-measurement.js';
import type { Sample, TripSample } from '../../measure/sample.js';
import type { Timing } from '../../measure/threads/measuring-window.js';
import type { ReceiveEngineChoice } from '../../measure/threads/reception.js';
import type { SendEngineChoice } from '../../measure/threads/transmission.js';
import { measureTransmission } from '../../measure/transmission-measurement.js';
import type { ForwardingOptions } from '../../tap/forward/forwarding.js';
import type { BenchMode, BenchOptions } from './bench-arguments.js';

/** One row of the report, and how to measure it once. */
export interface BenchCase {
  readonly mode: BenchMode;
  readonly engine: string;
  /** Bytes of each frame; undefined if the kernel makes the frames. */
  readonly frameBytes?: number;
  /** Between two round trips. */
  readonly pauseMs?: number;
  measure(ground: BenchGround, timing: Timing): Promise<Sample | TripSample>;
}

/** The ways to send differ in whether memory is registered, and in how many frames one call carries. */
const SEND_ENGINES: readonly (readonly [label: string, engine: SendEngineChoice])[] = [
  ['bursts of 128 (rtap)', { burstFrames: 128, fixed: false }],
  ['bursts of 1', { burstFrames: 1, fixed: false }],
  ['bursts of 8', { burstFrames: 8, fixed: false }],
  ['bursts of 32', { burstFrames: 32, fixed: false }],
  ['bursts of 128, fixed', { burstFrames: 128, fixed: true }],
];

const BURSTS = { kind: 'bursts', fixed: false, busyPoll: false } as const;

const RECEIVE_ENGINES: readonly (readonly [label: string, engine: ReceiveEngineChoice])[] = [
  ['bursts of 128 (rtap)', { ...BURSTS, burstFrames: 128 }],
  ['bursts of 8', { ...BURSTS, burstFrames: 8 }],
  ['bursts of 32', { ...BURSTS, burstFrames: 32 }],
  ['bursts of 128, fixed', { ...BURSTS, burstFrames: 128, fixed: true }],
  ['bursts of 128, busy poll', { ...BURSTS, burstFrames: 128, busyPoll: true }],
  ['64 posted reads', { kind: 'posted', depth: 64, fixed: false }],
  ['64 posted reads, fixed', { kind: 'posted', depth: 64, fixed: true }],
  ['multishot read, 256 buffers', { kind: 'multishot', bufferCount: 256 }],
];

const FORWARDERS: readonly (readonly [label: string, forwarding: ForwardingOptions])[] = [
  ['bursts of 32 (rtap)', {}],
  ['bursts of 8', { burstFrames: 8 }],
  ['bursts of 32, busy poll', { busyPoll: true }],
];

/** Long enough for every thread to fall asleep. */
const PAUSE_MS = 20;

/** Returns what to measure, in the order of the report. */
export function planBench(options: BenchOptions): BenchCase[] {
  return options.modes.flatMap((mode) => PLANS[mode](options));
}

const PLANS: Readonly<Record<BenchMode, (options: BenchOptions) => BenchCase[]>> = {
  tx: transmissions,
  rx: receptions,
  fwd: (options) => [...forwardings(options), ...streams(options)],
  latency: latencies,
};

function transmissions({ sizes, queueCount, threadCount }: BenchOptions): BenchCase[] {
  return sizes.flatMap((frameBytes) =>
    SEND_ENGINES.map(([label, engine]) => ({
      mode: 'tx' as const,
      engine: label,
      frameBytes,
      measure: (ground: BenchGround, timing: Timing) => {
        const bench = { label: `tx ${label}`, engine, frameBytes, queueCount, threadCount };
        return measureTransmission(ground, bench, timing);
      },
    })),
  );
}

function receptions({ sizes, queueCount, threadCount }: BenchOptions): BenchCase[] {
  return sizes.flatMap((frameBytes) =>
    RECEIVE_ENGINES.map(([label, engine]) => ({
      mode: 'rx' as const,
      engine: label,
      frameBytes,
      measure: (ground: BenchGround, timing: Timing) => {
        const bench = { label: `rx ${label}`, engine, frameBytes, queueCount, threadCount };
        return measureReception(ground, bench, timing);
      },
    })),
  );
}

function forwardings({ sizes, queueCount, threadCount }: BenchOptions): BenchCase[] {
  return sizes.flatMap((frameBytes) =>
    FORWARDERS.map(([label, chosen]) => ({
      mode: 'fwd' as const,
      engine: label,
      frameBytes,
      measure: (ground: BenchGround, timing: Timing) => {
        const forwarding = { ...chosen, threadCount };
        return measureForwarding(ground, { forwarding, frameBytes, queueCount }, timing);
      },
    })),
  );
}

function streams({ queueCount, threadCount }: BenchOptions): BenchCase[] {
  return [true, false].map((offloads) => ({
    mode: 'fwd' as const,
    engine: `TCP, offloads ${offloads ? 'on' : 'off'}`,
    measure: (ground: BenchGround, timing: Timing) =>
      measureStream(ground, { forwarding: { threadCount }, queueCount, offloads }, timing),
  }));
}

function latencies({ queueCount, threadCount }: BenchOptions): BenchCase[] {
  return [PAUSE_MS, 0].flatMap((pauseMs) =>
    [false, true].map((busyPoll) => ({
      mode: 'latency' as const,
      engine: busyPoll ? 'busy poll' : 'sleeping (rtap)',
      pauseMs,
      measure: (ground: BenchGround, timing: Timing) =>
        measureLatency(ground, { forwarding: { busyPoll, threadCount }, queueCount, pauseMs }, timing),
    })),
  );
}
