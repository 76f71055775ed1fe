import { formatBitRate, formatPacketRate } from '../output/rate-text.js';
import { formatTable } from '../output/table.js';
import type { BenchMode } from './bench-arguments.js';
import { type BenchRow, countsOf, ratesOf, type Spread, tripsOf } from './bench-row.js';

/** The title of each table. */
const TITLES: Readonly<Record<BenchMode, string>> = {
  tx: 'tx: frames into the kernel, at top speed',
  rx: 'rx: frames out of the kernel, while a packet socket offers as many as it can',
  fwd: 'fwd: frames from one device to another, while a packet socket offers as many as it can; then a TCP connection',
  latency: 'latency: round trip of a ping through fwd, after a pause and without a pause',
};

const RATES = ['FRAMES', 'SPREAD', 'BITS', 'CPU/FRAME'];
const RATE_HEAD = ['ENGINE', 'SIZE', ...RATES, 'LOST', 'MISSED', 'OUT OF ORDER', 'WORKERS'];
const SEND_HEAD = ['ENGINE', 'SIZE', ...RATES, 'LOST', 'OUT OF ORDER'];
const TRIP_HEAD = ['ENGINE', 'PAUSE', 'TRIPS', 'MEDIAN', '99 %', 'MOST', 'CPU', 'LOST', 'OUT OF ORDER'];

/** Describes the rows of one mode: a title, a table, and the engines that this machine lacks. */
export function describeMode(mode: BenchMode, rows: readonly BenchRow[]): string {
  const measured = rows.filter(({ samples }) => samples.length > 0);
  const [head, describe] = formOf(mode);
  const table =
    measured.length === 0 ? [] : [formatTable([head, ...measured.map(describe)], { numbersFrom: 1 })];
  const missing = new Map(rows.flatMap(({ bench, unsupported }) => missingOf(bench.engine, unsupported)));
  const notes = [...missing].map(([engine, reason]) => `${engine}: not on this machine, ${reason}`);
  return [TITLES[mode], ...table, ...notes].join('\n');
}

function missingOf(engine: string, reason: string | undefined): [string, string][] {
  return reason === undefined ? [] : [[engine, reason]];
}

function formOf(mode: BenchMode): readonly [head: readonly string[], row: (row: BenchRow) => string[]] {
  switch (mode) {
    case 'tx':
      return [SEND_HEAD, describeSending];
    case 'latency':
      return [TRIP_HEAD, describeTrips];
    case 'rx':
      return [RATE_HEAD, describeReceiving];
    case 'fwd':
      return [RATE_HEAD.slice(0, -1), (row) => describeReceiving(row).slice(0, -1)];
  }
}

function describeSending(row: BenchRow): string[] {
  const { lost, ordered, outOfOrder } = countsOf(row);
  return [...describeRates(row), String(lost), describeOrder(ordered, outOfOrder)];
}

function describeReceiving(row: BenchRow): string[] {
  const { offered, lost, missed, ordered, outOfOrder, workers } = countsOf(row);
  return [
    ...describeRates(row),
    // TCP sends lost segments again: nothing counts what was offered.
    offered === 0 ? '-' : String(lost),
    String(missed),
    describeOrder(ordered, outOfOrder),
    String(workers),
  ];
}

function describeRates(row: BenchRow): string[] {
  const { framesPerSecond, bitsPerSecond, processorNanoseconds } = ratesOf(row);
  return [
    row.bench.engine,
    row.bench.frameBytes === undefined ? '-' : String(row.bench.frameBytes),
    formatPacketRate(framesPerSecond.median, 'three digits'),
    row.samples.length < 2 ? '-' : describeSpread(framesPerSecond),
    formatBitRate(bitsPerSecond.median, 'three digits'),
    `${Math.round(processorNanoseconds.median)} ns`,
  ];
}

function describeTrips(row: BenchRow): string[] {
  const { trips, medianMs, p99Ms, mostMs, processorShare, lost, outOfOrder } = tripsOf(row);
  return [
    row.bench.engine,
    row.bench.pauseMs === 0 ? 'none' : `${row.bench.pauseMs} ms`,
    String(trips),
    ...[medianMs, p99Ms, mostMs].map((ms) => `${Math.round(ms * 1000)} us`),
    `${Math.round(processorShare.median * 100)}%`,
    String(lost),
    String(outOfOrder),
  ];
}

/** Returns the distance of the slowest and the fastest round, as a share of the median. */
function describeSpread({ median, least, most }: Spread): string {
  return median === 0 ? '-' : `${Math.round(((most - least) / median) * 100)}%`;
}

function describeOrder(ordered: number, outOfOrder: number): string {
  return ordered === 0 ? '-' : `${outOfOrder} of ${ordered}`;
}
