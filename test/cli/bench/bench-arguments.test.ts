import test from 'ava';
import { type BenchArguments, readBenchOptions } from '../../../src/cli/bench/bench-arguments.js';

const GIVEN: BenchArguments = {
  size: '64,1500',
  queues: '1',
  threads: '1',
  duration: '200ms',
  rounds: '3',
};

test('readBenchOptions reads what the defaults say', (t) => {
  t.deepEqual(readBenchOptions('all', GIVEN), {
    modes: ['tx', 'rx', 'fwd', 'latency'],
    sizes: [64, 1500],
    queueCount: 1,
    threadCount: 1,
    napi: false,
    durationMs: 200,
    rounds: 3,
    json: false,
  });
});

test('readBenchOptions reads one mode, and each size once', (t) => {
  const options = readBenchOptions('rx', { ...GIVEN, size: '64,65000,64', json: true });
  t.like(options, { modes: ['rx'], sizes: [64, 65000], json: true });
});

const REFUSALS: readonly (readonly [given: Partial<BenchArguments>, message: RegExp])[] = [
  [{ size: '63' }, /^cannot use size 63: 64 to 65535 are possible$/],
  [{ size: '65536' }, /^cannot use size 65536/],
  [{ size: '64,' }, /^cannot read size "": wanted a whole number$/],
  [{ queues: '0' }, /^cannot use queue count 0: 1 to 16 are possible$/],
  [{ queues: '17' }, /^cannot use queue count 17/],
  [{ threads: '2' }, /^cannot use 2 threads: each queue belongs to one thread, and --queues is 1$/],
  [{ duration: '1ms' }, /^cannot use duration "1ms": 0\.01 s to 3600 s are possible$/],
  [{ duration: 'long' }, /^cannot read duration "long"/],
  [{ rounds: '0' }, /^cannot use rounds 0/],
];

for (const [given, message] of REFUSALS) {
  test(`readBenchOptions refuses ${JSON.stringify(given)}`, (t) => {
    t.throws(() => readBenchOptions('all', { ...GIVEN, ...given }), { message });
  });
}
