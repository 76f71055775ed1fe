import test from 'ava';
import { readBenchOptions } from '../../../src/cli/bench/bench-arguments.js';
import { benchJson } from '../../../src/cli/bench/bench-json.js';
import { describeMachine } from '../../../src/cli/bench/bench-machine.js';
import { planBench } from '../../../src/cli/bench/bench-plan.js';
import { type BenchRow, countsOf, percentile, spreadOf, tripsOf } from '../../../src/cli/bench/bench-row.js';
import { describeMode } from '../../../src/cli/bench/bench-table.js';
import type { Sample, TripSample } from '../../../src/measure/sample.js';

const SAMPLE: Sample = {
  framesPerSecond: 1_000_000,
  bitsPerSecond: 512_000_000,
  processorNanoseconds: 800,
  offered: 1000,
  arrived: 900,
  missed: 100,
  refused: 0,
  ordered: 900,
  outOfOrder: 3,
  workers: 0,
};
const FASTER: Sample = { ...SAMPLE, framesPerSecond: 1_200_000, outOfOrder: 4, workers: 21 };
const TRIPS: TripSample = { tripsMs: [0.3, 0.1, 0.2], processorShare: 0.5, lost: 1, outOfOrder: 0 };

const READS: BenchRow = {
  bench: { mode: 'rx', engine: 'reads', frameBytes: 64 },
  samples: [SAMPLE, FASTER, SAMPLE],
};
const MISSING: BenchRow = {
  bench: { mode: 'rx', engine: 'multishot read', frameBytes: 64 },
  samples: [],
  unsupported: 'it needs Linux 6.7',
};
const PINGS: BenchRow = { bench: { mode: 'latency', engine: 'sleeping', pauseMs: 20 }, samples: [TRIPS] };
const STREAM: BenchRow = {
  bench: { mode: 'fwd', engine: 'TCP' },
  samples: [{ ...SAMPLE, offered: 0, arrived: 0, missed: 2, ordered: 0, outOfOrder: 0 }],
};
const OPTIONS = readBenchOptions('all', {
  size: '64',
  queues: '1',
  threads: '1',
  duration: '200ms',
  rounds: '3',
});
const MACHINE = {
  rtap: '0.1.0',
  node: '20.20.0',
  kernel: '6.18.44',
  liburing: '2.3',
  processor: 'Some Processor',
  cores: 2,
  load: 0.256,
  date: '2026-11-29T21:00:00.123Z',
};

test('spreadOf and percentile find the middle and the ends when values come in any order', (t) => {
  t.deepEqual(spreadOf([3, 1, 2]), { median: 2, least: 1, most: 3 });
  t.deepEqual(spreadOf([4, 1, 2, 3]), { median: 2.5, least: 1, most: 4 });
  t.deepEqual(spreadOf([7]), { median: 7, least: 7, most: 7 });
  t.throws(() => spreadOf([]), { instanceOf: RangeError });
  const hundred = Array.from({ length: 100 }, (_, at) => at + 1);
  t.is(percentile(hundred, 0.99), 99);
  t.is(percentile([5], 0.99), 5);
  t.is(percentile([], 0.99), 0);
});

test('countsOf adds all rounds up, and what is lost is what was offered and did not arrive', (t) => {
  t.deepEqual(countsOf(READS), {
    offered: 3000,
    lost: 300,
    missed: 300,
    refused: 0,
    ordered: 2700,
    outOfOrder: 10,
    workers: 21,
  });
});

test('tripsOf takes the trips of all rounds together', (t) => {
  const row = { ...PINGS, samples: [TRIPS, { ...TRIPS, tripsMs: [0.4], lost: 0 }] };
  t.like(tripsOf(row), { trips: 4, medianMs: 0.25, p99Ms: 0.4, mostMs: 0.4, lost: 1 });
});

test('describeMode prints rates, losses and order, and names what is not here', (t) => {
  t.is(
    describeMode('rx', [READS, MISSING]),
    [
      'rx: frames out of the kernel, while a packet socket offers as many as it can',
      'ENGINE  SIZE     FRAMES  SPREAD        BITS  CPU/FRAME  LOST  MISSED  OUT OF ORDER  WORKERS',
      'reads     64  1.00 Mpps     20%  512 Mbit/s     800 ns   300     300    10 of 2700       21',
      'multishot read: not on this machine, it needs Linux 6.7',
    ].join('\n'),
  );
});

test('describeMode has no table when nothing of a mode is here', (t) => {
  t.is(describeMode('rx', [MISSING]).split('\n').length, 2);
});

test('describeMode prints round trips in microseconds', (t) => {
  const [, head, row] = describeMode('latency', [PINGS]).split('\n');
  t.is(head, 'ENGINE    PAUSE  TRIPS  MEDIAN    99 %    MOST  CPU  LOST  OUT OF ORDER');
  t.is(row, 'sleeping  20 ms      3  200 us  300 us  300 us  50%     1             0');
});

test('describeMode says of a stream only what is known of it', (t) => {
  const [, , row] = describeMode('fwd', [STREAM]).split('\n');
  t.is(row, 'TCP        -  1.00 Mpps       -  512 Mbit/s     800 ns     -       2             -');
});

test('benchJson has the machine, the options and every row with its numbers', (t) => {
  const report = benchJson(MACHINE, OPTIONS, { rows: [READS, MISSING, PINGS], interrupted: false });
  t.like(report, {
    ...MACHINE,
    queues: 1,
    threads: 1,
    napi: false,
    durationMs: 200,
    rounds: 3,
    interrupted: false,
  });
  const [reads, missing, pings] = report.rows;
  t.like(reads, {
    mode: 'rx',
    engine: 'reads',
    size: 64,
    framesPerSecond: { median: 1_000_000, least: 1_000_000, most: 1_200_000 },
    lost: 300,
    missed: 300,
    outOfOrder: 10,
  });
  t.deepEqual(missing, {
    mode: 'rx',
    engine: 'multishot read',
    size: 64,
    unsupported: 'it needs Linux 6.7',
  });
  t.like(pings, { mode: 'latency', pauseMs: 20, trips: 3, medianMs: 0.2 });
});

test('describeMachine says in two lines what the figures depend on', (t) => {
  t.deepEqual(describeMachine(MACHINE), [
    'rtap 0.1.0, Node 20.20.0, Linux 6.18.44, liburing 2.3',
    '2 cores, Some Processor, load 0.26, 2026-11-29T21:00:00Z',
  ]);
});

test('planBench has each engine once for each size, modes in their order', (t) => {
  const plan = planBench({ ...OPTIONS, sizes: [64, 1500] });
  const keys = plan.map(
    ({ mode, engine, frameBytes, pauseMs }) => `${mode} ${engine} ${frameBytes} ${pauseMs}`,
  );
  t.is(new Set(keys).size, plan.length);
  t.deepEqual([...new Set(plan.map(({ mode }) => mode))], ['tx', 'rx', 'fwd', 'latency']);
  t.is(plan.filter(({ engine }) => engine.includes('posted')).length, 4);
  t.is(plan.filter(({ engine }) => engine.endsWith('(rtap)')).length, 2 * 3 + 2);
});
