import { QUEUE_UNKNOWN } from '../../../packet/capture/capture-record.js';
import { plural } from '../../output/plural.js';
import { LatencyHistogram } from './latency-histogram.js';
import { WINDOW_NUMBERS } from './sequence-window.js';
import type { VerifiedFlow } from './verified-flow.js';
import type { VerifiedQueue } from './verified-queue.js';
import type { VerifiedStream } from './verified-stream.js';

/** What a verification found; a `Verification` has it. */
export interface Findings {
  readonly streams: readonly VerifiedStream[];
  readonly queues: readonly VerifiedQueue[];
  /** Empty unless results of flows are wanted. */
  readonly flows: readonly VerifiedFlow[];
  readonly foreign: number;
  readonly unfollowed: number;
  /** Packets that the kernel dropped during the run; null for unknown. */
  readonly missed: number | null;
  readonly faultless: boolean;
}

/** Percentiles of one-way latency. */
const MEDIAN = 0.5;
const P99 = 0.99;

/** The findings as lines: one for each stream, flow and queue, one for all queues, and a verdict. */
export function describeVerification(findings: Findings): string[] {
  const { streams, flows, queues, foreign, unfollowed } = findings;
  const lines = [...streams.map(describeStream), ...flows.map(describeFlow), ...queues.map(describeQueue)];
  if (queues.length > 1) lines.push(describeAll(queues));
  if (foreign > 0) lines.push(`${plural(foreign, 'frame')} without a stamp`);
  if (unfollowed > 0) lines.push(`${plural(unfollowed, 'frame')} of more streams than rtap checks`);
  return [...lines, describeVerdict(findings)];
}

function describeStream({ stream, sequence, duplicates }: VerifiedStream): string {
  const { expected, arrived, lost, gaps } = sequence;
  const where = lost > 0 ? ` in ${plural(gaps, 'gap')}` : '';
  return `stream ${nameOf(stream)}: ${arrived} of ${plural(expected, 'frame')}, ${lost} lost${where}, ${plural(duplicates, 'duplicate')}`;
}

/** Counts that a queue and a flow both have. */
type Counts = Pick<VerifiedQueue, 'received' | 'outOfOrder' | 'duplicates'>;

function describeFlow(flow: VerifiedFlow): string {
  const { name, stream, queue, minLatency, meanLatency, maxLatency } = flow;
  const latency = `min ${duration(minLatency)}, mean ${duration(meanLatency)}, max ${duration(maxLatency)}`;
  return `flow ${name}, stream ${nameOf(stream)}, ${queueName(queue)}: ${describeCounts(flow)}, latency ${latency}`;
}

function describeQueue(queue: VerifiedQueue): string {
  return `${queueName(queue.queue)}: ${describeCounts(queue)}, latency ${describeLatency(queue.latency)}`;
}

function describeAll(queues: readonly VerifiedQueue[]): string {
  const counts = {
    received: sum(queues.map(({ received }) => received)),
    outOfOrder: sum(queues.map(({ outOfOrder }) => outOfOrder)),
    duplicates: sum(queues.map(({ duplicates }) => duplicates)),
  };
  return `all queues: ${describeCounts(counts)}, latency ${describeLatency(latencyOfAll(queues))}`;
}

function queueName(queue: number): string {
  return queue === QUEUE_UNKNOWN ? 'queue unknown' : `queue ${queue}`;
}

function describeCounts({ received, outOfOrder, duplicates }: Counts): string {
  return `${received} received, ${outOfOrder} out of order, ${plural(duplicates, 'duplicate')}`;
}

function latencyOfAll(queues: readonly VerifiedQueue[]): LatencyHistogram {
  const all = new LatencyHistogram();
  for (const { latency } of queues) all.add(latency);
  return all;
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

/** The findings as an object: totals, then `streams`, `queues` and, if they are wanted, `flows`. Latencies are in nanoseconds. */
export function verificationJson(findings: Findings): Readonly<Record<string, unknown>> {
  const { streams, flows, queues, foreign, unfollowed, missed, faultless } = findings;
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
    latency_ns: figuresOf(latencyOfAll(queues)),
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
    ...(flows.length === 0 ? {} : { flows: flows.map(flowJson) }),
  };
}

function flowJson(flow: VerifiedFlow) {
  const { name, stream, queue, received, outOfOrder, duplicates } = flow;
  return {
    flow: name,
    stream: nameOf(stream),
    queue: queue === QUEUE_UNKNOWN ? null : queue,
    received,
    out_of_order: outOfOrder,
    duplicates,
    latency_ns: { min: flow.minLatency, mean: Math.round(flow.meanLatency), max: flow.maxLatency },
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
