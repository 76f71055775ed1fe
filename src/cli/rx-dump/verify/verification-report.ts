import { QUEUE_UNKNOWN } from '../../../packet/capture/capture-record.js';
import { plural } from '../../output/plural.js';
import type { LatencyHistogram } from './latency-histogram.js';
import { WINDOW_NUMBERS } from './sequence-window.js';
import type { VerifiedQueue } from './verified-queue.js';
import type { VerifiedStream } from './verified-stream.js';

/** What a verification found; a `Verification` has it. */
export interface Findings {
  readonly streams: readonly VerifiedStream[];
  readonly queues: readonly VerifiedQueue[];
  readonly foreign: number;
  readonly unfollowed: number;
  /** Packets that the kernel dropped during the run; null for unknown. */
  readonly missed: number | null;
  readonly faultless: boolean;
}

/** Percentiles of one-way latency. */
const MEDIAN = 0.5;
const P99 = 0.99;

/** The findings as lines: one for each stream, one for each queue, and a verdict. */
export function describeVerification(findings: Findings): string[] {
  const { streams, queues, foreign, unfollowed } = findings;
  const lines = [...streams.map(describeStream), ...queues.map(describeQueue)];
  if (foreign > 0) lines.push(`${plural(foreign, 'frame')} without a stamp`);
  if (unfollowed > 0) lines.push(`${plural(unfollowed, 'frame')} of more streams than rtap checks`);
  return [...lines, describeVerdict(findings)];
}

function describeStream({ stream, sequence, duplicates }: VerifiedStream): string {
  const { expected, arrived, lost, gaps } = sequence;
  const where = lost > 0 ? ` in ${plural(gaps, 'gap')}` : '';
  return `stream ${nameOf(stream)}: ${arrived} of ${plural(expected, 'frame')}, ${lost} lost${where}, ${plural(duplicates, 'duplicate')}`;
}

function describeQueue({ queue, received, outOfOrder, duplicates, latency }: VerifiedQueue): string {
  const name = queue === QUEUE_UNKNOWN ? 'queue unknown' : `queue ${queue}`;
  const order = `${received} received, ${outOfOrder} out of order, ${plural(duplicates, 'duplicate')}`;
  return `${name}: ${order}, latency ${describeLatency(latency)}`;
}

function describeLatency(latency: LatencyHistogram): string {
  const { min, median, p99, max } = figuresOf(latency);
  return `min ${duration(min)}, median ${duration(median)}, p99 ${duration(p99)}, max ${duration(max)}`;
}

function describeVerdict({ streams, queues, unfollowed, missed, faultless }: Findings): string {
  if (faultless) return `verified: every frame arrived once and in order`;
  const faults = [
    streams.length === 0 ? 'no stamped frame arrived' : '',
    fault(sum(streams.map(({ sequence }) => sequence.lost)), 'lost'),
    fault(sum(queues.map(({ outOfOrder }) => outOfOrder)), 'out of order'),
    fault(sum(queues.map(({ duplicates }) => duplicates)), 'duplicated'),
    fault(unfollowed, 'not checked'),
    missed === null || missed === 0 ? '' : `${plural(missed, 'packet')} missed`,
  ];
  return `not verified: ${faults.filter((text) => text !== '').join(', ')}`;
}

function fault(frames: number, what: string): string {
  return frames === 0 ? '' : `${frames} ${what}`;
}

/** The findings as an object: totals, then `streams` and `queues`. Latencies are in nanoseconds. */
export function verificationJson(findings: Findings): Readonly<Record<string, unknown>> {
  const { streams, queues, foreign, unfollowed, missed, faultless } = findings;
  return {
    faultless,
    expected: sum(streams.map(({ sequence }) => sequence.expected)),
    received: sum(queues.map(({ received }) => received)),
    lost: sum(streams.map(({ sequence }) => sequence.lost)),
    gaps: sum(streams.map(({ sequence }) => sequence.gaps)),
    out_of_order: sum(queues.map(({ outOfOrder }) => outOfOrder)),
    duplicates: sum(queues.map(({ duplicates }) => duplicates)),
    foreign,
    unfollowed,
    missed,
    window: WINDOW_NUMBERS,
    streams: streams.map(({ stream, sequence, duplicates }) => ({
      stream: nameOf(stream),
      expected: sequence.expected,
      received: sequence.arrived + duplicates,
      lost: sequence.lost,
      gaps: sequence.gaps,
      duplicates,
    })),
    queues: queues.map(({ queue, received, outOfOrder, duplicates, latency }) => ({
      queue: queue === QUEUE_UNKNOWN ? null : queue,
      received,
      out_of_order: outOfOrder,
      duplicates,
      latency_ns: figuresOf(latency),
    })),
  };
}

interface LatencyFigures {
  readonly min: number;
  readonly median: number;
  readonly p99: number;
  readonly max: number;
}

function figuresOf(latency: LatencyHistogram): LatencyFigures {
  return {
    min: latency.min ?? 0,
    median: latency.percentile(MEDIAN) ?? 0,
    p99: latency.percentile(P99) ?? 0,
    max: latency.max ?? 0,
  };
}

/** As in the stamp: four hexadecimal digits. */
function nameOf(stream: number): string {
  return stream.toString(16).padStart(4, '0');
}

function duration(nanoseconds: number): string {
  const size = Math.abs(nanoseconds);
  if (size < 1e6) return `${(nanoseconds / 1e3).toFixed(1)} us`;
  if (size < 1e9) return `${(nanoseconds / 1e6).toFixed(2)} ms`;
  return `${(nanoseconds / 1e9).toFixed(2)} s`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
