import test from 'ava';
import fc from 'fast-check';
import { LatencyHistogram } from '../../../../src/cli/rx-dump/verify/latency-histogram.js';

test('LatencyHistogram is undefined when nothing was recorded', (t) => {
  const { min, max, count } = new LatencyHistogram();
  t.deepEqual(
    [min, max, count, new LatencyHistogram().percentile(0.5)],
    [undefined, undefined, 0, undefined],
  );
});

test('LatencyHistogram keeps small values and the extremes exactly', (t) => {
  const histogram = new LatencyHistogram();
  for (const value of [3, 1, 2, 1_000_003, 31]) histogram.record(value);
  t.deepEqual([histogram.min, histogram.percentile(0.5), histogram.max], [1, 3, 1_000_003]);
});

test('LatencyHistogram takes negative latencies', (t) => {
  const histogram = new LatencyHistogram();
  for (const value of [-5000, -1, 7]) histogram.record(value);
  t.deepEqual([histogram.min, histogram.percentile(0.5), histogram.max], [-5000, 0, 7]);
});

test('LatencyHistogram returns every percentile exact to 1/32', (t) => {
  const values = fc.array(fc.oneof(fc.nat(100), fc.nat(10_000_000), fc.integer({ min: 0, max: 2 ** 52 })), {
    minLength: 1,
  });
  fc.assert(
    fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (latencies, fraction) => {
      const histogram = new LatencyHistogram();
      for (const value of latencies) histogram.record(value);
      const sorted = [...latencies].sort((a, b) => a - b);
      const exact = sorted[Math.max(1, Math.ceil(fraction * sorted.length)) - 1]!;
      const told = histogram.percentile(fraction)!;
      t.true(Math.abs(told - exact) <= exact / 32, `${told} for ${exact}`);
    }),
  );
});

test('LatencyHistogram counts latencies beyond its range in its last bucket', (t) => {
  const histogram = new LatencyHistogram();
  histogram.record(2 ** 60);
  t.is(histogram.percentile(1), 2 ** 60);
});
