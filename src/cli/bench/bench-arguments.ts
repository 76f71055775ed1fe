import { ArgumentRangeError } from '../../errors.js';
import { parseDuration, parseWhole } from '../arguments/quantity.js';

/** What can be measured, in the order of the report. */
export const BENCH_MODES = ['tx', 'rx', 'fwd', 'latency'] as const;
export type BenchMode = (typeof BENCH_MODES)[number];

/** The least has room for the frame's number. The most fits the largest MTU. */
const FRAME_BYTES_MIN = 64;
const FRAME_BYTES_MAX = 65_535;
/** Posted reads take 4 MiB for each queue. */
const QUEUES_MAX = 16;
const ROUNDS_MAX = 1000;
/** Less time measures hardly anything, and more time tells no more. */
const DURATION_SECONDS_MIN = 0.01;
const DURATION_SECONDS_MAX = 3600;

/** The options of `rtap bench`, as typed. */
export interface BenchArguments {
  readonly size: string;
  readonly queues: string;
  readonly threads: string;
  readonly duration: string;
  readonly rounds: string;
  readonly napi?: boolean;
  readonly json?: boolean;
}

/** The options of `rtap bench`, parsed. */
export interface BenchOptions {
  readonly modes: readonly BenchMode[];
  /** Bytes of each frame. */
  readonly sizes: readonly number[];
  readonly queueCount: number;
  readonly threadCount: number;
  readonly napi: boolean;
  readonly durationMs: number;
  readonly rounds: number;
  readonly json: boolean;
}

/** Parses the options. Throws a TypeError or a RangeError for impossible values. */
export function readBenchOptions(mode: string, given: BenchArguments): BenchOptions {
  const queueCount = parseWhole('queue count', given.queues, 1, QUEUES_MAX);
  const threadCount = parseWhole('thread count', given.threads, 1, QUEUES_MAX);
  if (threadCount > queueCount)
    throw new ArgumentRangeError(
      `cannot use ${threadCount} threads: each queue belongs to one thread, and --queues is ${queueCount}`,
    );
  return {
    modes: mode === 'all' ? BENCH_MODES : BENCH_MODES.filter((known) => known === mode),
    sizes: readSizes(given.size),
    queueCount,
    threadCount,
    napi: given.napi === true,
    durationMs: readDuration(given.duration),
    rounds: parseWhole('rounds', given.rounds, 1, ROUNDS_MAX),
    json: given.json === true,
  };
}

function readSizes(text: string): number[] {
  const sizes = text.split(',').map((word) => parseWhole('size', word, FRAME_BYTES_MIN, FRAME_BYTES_MAX));
  return [...new Set(sizes)];
}

function readDuration(text: string): number {
  const seconds = parseDuration(text);
  if (seconds >= DURATION_SECONDS_MIN && seconds <= DURATION_SECONDS_MAX) return seconds * 1000;
  throw new ArgumentRangeError(
    `cannot use duration "${text}": ${DURATION_SECONDS_MIN} s to ${DURATION_SECONDS_MAX} s are possible`,
  );
}
